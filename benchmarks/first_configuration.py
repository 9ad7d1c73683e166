"""What `init` writes, untouched, on four sets of photos, beside fastai and AutoGluon in the same minutes.

    python benchmarks/first_configuration.py --minutes 5 --results FOLDER [--sets …] [--tools …] [--peers FOLDER]
    python benchmarks/first_configuration.py --results FOLDER --table       the table of what is there

Sets: grocery (its own test: other shops), solar cells (`elpv-dataset`, a fifth of each class drawn), stm (scans by
session, its own test: later sessions), fashion (photos of 60 x 80 px by subCategory, a fifth of the titles drawn).
Each tool works alone in a process of its own, from cold, learns from what is not test and gives probabilities for
the test. `ours` is `evenhand init` and `evenhand run`, nothing between; the row `logistic_regression` is the one of
its own table: C chosen inside the folds, on the frozen features of the same encoder. A result lies in
FOLDER/SET/TOOL.json, with TOOL.csv its probabilities, and is not measured again.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import peers
import timing
from sklearn.metrics import f1_score

SHARED = Path(__file__).parents[2] / "shared" / "data"
HERE = Path(__file__).parent
TEST = "test"


@dataclass(frozen=True)
class Photos:
    """A set of photos: a table of path, label, group and split in `folder`, the photos below it."""

    folder: Path
    label: str
    group: str | None


# The sets


def grocery(folder: Path) -> Photos:
    table = pd.read_csv(SHARED / "grocery" / "labels.csv")[["path", "fine", "group", "split"]]
    shutil.copytree(SHARED / "grocery" / "images", folder / "images")
    return written(table, folder, "fine", "group")


def solar(folder: Path) -> Photos:
    from evenhand.pipeline.verbs.demo import demo_data

    demo_data("photos", folder / "demo")
    table = pd.read_csv(folder / "demo" / "labels.csv")[["path", "label"]]
    import elpv_dataset

    shutil.copytree(Path(str(elpv_dataset.__file__)).parent / "data" / "images", folder / "images")
    shutil.rmtree(folder / "demo")
    return written(drawn(table, table.index.astype(str)), folder, "label", None)


def stm(folder: Path) -> Photos:
    table = pd.read_csv(SHARED / "stm" / "labels.csv")[["path", "session_date", "state", "split"]]
    with ZipFile(SHARED / "stm" / "scans.zip") as scans:
        scans.extractall(folder)
    return written(table[table["state"] != "none"], folder, "state", "session_date")


def fashion(folder: Path, *, least: int = 10) -> Photos:
    table = pd.read_csv(SHARED / "fashion" / "labels.csv")
    table["subCategory"] = table["tags"].str.split("|").str[3]
    table = table[table.groupby("subCategory")["path"].transform("size") >= least].reset_index(drop=True)
    shutil.copytree(SHARED / "fashion" / "images", folder / "images")
    return written(drawn(table[["path", "title", "subCategory"]], table["title"]), folder, "subCategory", "title")


def drawn(table: pd.DataFrame, groups: Iterable[str], *, share: float = 0.2) -> pd.DataFrame:
    """Return the table with a column `split`: about a fifth of the groups of each class are the test."""
    label = table.columns[-1]
    first = pd.DataFrame({"group": list(groups), "label": table[label]}).drop_duplicates("group")
    rng = np.random.default_rng(0)
    test: set[str] = set()
    for _, of in first.groupby("label"):
        test |= set(rng.permutation(of["group"].to_numpy())[: round(share * len(of))])
    return table.assign(split=np.where(pd.Series(list(groups)).isin(test), TEST, "train"))


def written(table: pd.DataFrame, folder: Path, label: str, group: str | None) -> Photos:
    table.to_csv(folder / "labels.csv", index=False)
    return Photos(folder, label, group)


SETS: dict[str, Callable[[Path], Photos]] = {"solar": solar, "stm": stm, "grocery": grocery, "fashion": fashion}

# The tools: each returns (n, k) probabilities of the test, rows named by path; and more that is to be kept


Told = tuple[pd.DataFrame, dict[str, object]]


def ours(photos: Photos, minutes: float, folder: Path, _: str | None) -> Told:
    config = folder / "evenhand.toml"
    own = [f"--label={photos.label}", *([f"--group={photos.group}"] if photos.group else [])]
    command = [sys.executable, "-m", "evenhand"]
    began = time.monotonic()
    init = ["init", photos.folder, "--to", config, "--minutes", f"{minutes:g}", *own]
    subprocess.check_call([*command, *init], stdout=sys.stderr)
    wrote = time.monotonic() - began
    stored = [f"--set=compute.store={folder / 'store'}", f"--set=output={folder / 'runs'}"]
    began = time.monotonic()
    subprocess.check_call([*command, "run", config, *stored], stdout=sys.stderr)
    ran = time.monotonic() - began
    text = config.read_text(encoding="utf-8")
    expected = re.search(r"about ([\d.]+) minutes", text)
    record = next(path.parent for path in (folder / "runs").rglob("scores.json"))
    scores = json.loads((record / "scores.json").read_text(encoding="utf-8"))
    best = scores["headline"]["best"]
    more = {
        "config": text,
        "init_seconds": wrote,
        "run_seconds": ran,
        "expected_seconds": 60 * float(expected.group(1)) if expected else None,
        "best": best,
        "scores": {
            name: {of: {m: sets[of].get(m) for m in ("accuracy", "macro_f1")} for of in sets}
            for name, sets in scores["scores"].items()
        },
        "verdicts": verdicts(record, best),
    }
    kept = folder.parent / "record"
    if kept.parent.is_dir():
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(record, kept)
    return probabilities(record, best, TEST), more


def verdicts(record: Path, best: str, *, floor: str = "logistic_regression") -> dict[str, str]:
    """Return the paired verdicts of the best entry against the logistic regression of the same run."""
    from evenhand.base.storage.record import Record
    from evenhand.evaluation.comparison.compare import compare_predictions
    from evenhand.evaluation.reading.from_record import of_record

    out: dict[str, str] = {}
    for of in ("oof", TEST):
        entries = {p.model: p for p in of_record(Record(record), of=of)}
        if floor not in entries or best == floor:
            continue
        for verdict in compare_predictions([entries[floor], entries[best]], ("macro_f1", "accuracy")).verdicts:
            out[f"{of} {verdict.metric}"] = f"{verdict.word}: {verdict.difference}"
    return out


def probabilities(record: Path, model: str, of: str) -> pd.DataFrame:
    from evenhand.base.storage.record import Record

    table = Record(record).predictions()
    chosen = table[(table["set"] == of) & (table["model"] == model)]
    paths = Record(record).samples().frame.set_index("id")["path"]
    columns = {name: name.removeprefix("p:") for name in chosen.columns if name.startswith("p:")}
    rows = chosen.assign(path=paths.loc[chosen["id"]].to_numpy()).set_index("path")
    return rows[list(columns)].rename(columns=columns)


def fastai(photos: Photos, minutes: float, folder: Path, environment: str | None) -> Told:
    python, out = needed(environment, "fits"), folder / "fastai.csv"
    own = [photos.label, *([photos.group] if photos.group else [])]
    script = [python, HERE / "accuracy_fastai.py", photos.folder, out, str(60 * minutes), *own]
    subprocess.check_call(script, stdout=sys.stderr)
    return pd.read_csv(out, index_col="path"), {}


def autogluon(photos: Photos, minutes: float, folder: Path, environment: str | None) -> Told:
    python, began = needed(environment, "autogluon"), time.monotonic()
    features, out = folder / "features.parquet", folder / "autogluon.csv"
    script = [sys.executable, HERE / "accuracy_features.py", photos.folder, features]
    subprocess.check_call(script, stdout=sys.stderr)
    left = str(60 * minutes - (time.monotonic() - began))
    own = [features, out, left, "medium_quality", photos.label]
    subprocess.check_call([python, HERE / "accuracy_autogluon.py", *own], stdout=sys.stderr, cwd=folder)
    return pd.read_csv(out, index_col="path"), {}


def needed(environment: str | None, name: str) -> Path:
    python = peers.found(environment, name=name)
    if python is None:
        raise SystemExit(
            f"There are no peers: benchmarks/peers.py --make FOLDER, then name it in {peers.VARIABLE}."
        )
    return python


TOOLS: dict[str, Callable[[Photos, float, Path, str | None], Told]] = {
    "ours": ours,
    "fastai": fastai,
    "autogluon": autogluon,
}


# Measuring and showing


def measure(name: str, tool: str, minutes: float, results: Path, environment: str | None) -> None:
    """Measure one tool on one set, unless its result is there."""
    target = results / name / f"{tool}.json"
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    print(f"{name}, {tool}, {minutes:g} minutes; {timing.machine()}", flush=True)
    with tempfile.TemporaryDirectory(prefix="evenhand-bench-", dir=target.parent) as temporary:
        data, work = Path(temporary) / "data", Path(temporary) / "work"
        data.mkdir()
        work.mkdir()
        photos = SETS[name](data)
        began = time.monotonic()
        found, more = TOOLS[tool](photos, minutes, work, environment)
        seconds = time.monotonic() - began
        if (work.parent / "record").is_dir():
            shutil.rmtree(target.with_suffix(".record"), ignore_errors=True)
            shutil.move(work.parent / "record", target.with_suffix(".record"))
        table = pd.read_csv(photos.folder / "labels.csv", dtype={photos.label: str}).set_index("path")
    truth = table.loc[table["split"] == TEST, photos.label]
    found.to_csv(target.with_suffix(".csv"))
    truth.to_csv(target.parent / "truth.csv")
    result = {"minutes": minutes, "seconds": seconds, "n": len(truth), **judged(found, truth), **more}
    target.write_text(json.dumps(result, indent=1), encoding="utf-8")


def judged(found: pd.DataFrame, truth: pd.Series) -> dict[str, float]:
    """Return accuracy and macro F1 over the classes of the test; raise where a row of it has no prediction."""
    rows = found.loc[truth.index]
    called = rows.columns.to_numpy()[rows.to_numpy().argmax(axis=1)]
    classes = sorted(set(truth))
    return {
        "accuracy": float((called == truth.to_numpy()).mean()),
        "macro_f1": float(f1_score(truth, called, labels=classes, average="macro", zero_division=0)),
    }


def show(results: Path) -> str:
    """Return a table of all results: the locked test, minutes taken, the time said beforehand."""
    rows = []
    for name in SETS:
        for path in sorted((results / name).glob("*.json")):
            one = json.loads(path.read_text(encoding="utf-8"))
            said = one.get("expected_seconds")
            row = [name, path.stem, f"{one['minutes']:g}", f"{one['seconds'] / 60:.1f}"]
            row += [f"{one['accuracy']:.3f}", f"{one['macro_f1']:.3f}", str(one["n"])]
            rows.append([*row, "" if said is None else f"{said / one['run_seconds']:.2f}"])
            floor = one.get("scores", {}).get("logistic_regression", {}).get(TEST)
            if floor:
                figures = [f"{floor[m]['estimate']:.3f}" for m in ("accuracy", "macro_f1")]
                rows.append([name, "  logistic regression", "", "", *figures, str(one["n"]), ""])
    return timing.table(["set", "tool", "budget, min", "took, min", "accuracy", "macro F1", "n", "said/took"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS))
    parser.add_argument("--results", type=Path, default=Path("first_configuration"))
    parser.add_argument("--peers", help=f"folder made by peers.py; else ${peers.VARIABLE}")
    parser.add_argument("--table", action="store_true", help="show what is there")
    asked = parser.parse_args()
    if not SHARED.exists():
        print(f"Skipped: the photos are not in {SHARED}.")
        return
    for name in asked.sets if asked.minutes else ():
        for tool in asked.tools:
            measure(name, tool, asked.minutes, asked.results.resolve(), asked.peers)
    if asked.table:
        print(show(asked.results))


if __name__ == "__main__":
    main()
