"""What is damaged: tiny data of every kind, records, a store, predictions and tables, in one folder."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from evenhand.review.log.event import Event
from evenhand.review.log.log_file import DecisionLog
from evenhand.testing.kinds import generate

from .children import run

KINDS = ("photos", "beats", "drawings", "scanlines", "pairs")
ROWS = {"photos": 40, "scanlines": 40}

_OWN = {
    "photos": 'encoder = "small"\ntune = "all"\n',
    "scanlines": 'encoder = "scan_conv_gru"\ntune = "all"\noptions = { width = 8, channels = 2 }\n',
}
_KIND = {"photos": "[photos]\nsize = 32\n", "scanlines": "[scanlines]\nwidth = 32\nmax_lines = 32\n"}
_TEST = "test = { fraction = 0.25 }"
_LABELS = {"photos": ("class", "series"), "scanlines": ("state", "session")}

_TOML = """output = "{output}"
[data]
kind = "{kind}"
root = "{kind}"
table = "labels.csv"
label = "{label}"
group = "{group}"
{data}
[folds]
k = 2
{folds}
{sections}
[[model]]
name = "m"
{model}
[train]
epochs = 1
batch_size = 32
[evaluate]
draws = 200
logistic_regression = false
[compute]
store = "store"
workers = 0
threads = 1
[submit]
command = ["true", "{{file}}"]
[[ablation.change]]
name = "slow"
set = {{ "train.learning_rate" = 1e-4 }}
"""


def build(folder: Path) -> None:
    """Write everything that the commands of `commands.COMMANDS` read into `folder`."""
    folder.mkdir(parents=True)
    for kind in KINDS:
        generate(kind, folder / kind, rows=ROWS.get(kind, 24))
    for kind, output in (("photos", "runs"), ("scanlines", "scanruns")):
        folds = _TEST if kind == "photos" else ""  # a test would leave too few groups of scans
        _configure(folder, kind, output, folder / f"{output}.toml", folds=folds)
        call(folder, "run", f"{output}.toml")
        (record,) = [path for path in (folder / output).iterdir() if path.is_dir()]
        record.rename(folder / output / "a")
    shutil.copytree(folder / "runs" / "a", folder / "runs" / "b")
    _configure(folder, "photos", "resumed", folder / "resumed.toml")
    shutil.copytree(folder / "runs" / "a", folder / "resumed" / "a")
    for name in ("scores.json", "report.html"):  # as a run that was interrupted near its end
        (folder / "resumed" / "a" / name).unlink()
    _tables(folder)
    call(folder, "split", "runs.toml", "--to", "folds.csv")
    _configure(
        folder, "photos", "told", folder / "told.toml", 'corrections = "corrections.csv"', 'file = "folds.csv"'
    )
    call(folder, "journal", "runs", "--file", "EXPERIMENTS.md")
    call(folder, "predict", "runs/a", "new", "--like", "sample.csv", "--to", "predicted.csv")
    call(folder, "submit", "runs.toml", "runs/a", "predicted.csv")
    _decisions(folder)
    _applied(folder)


def _decisions(folder: Path) -> None:
    """Write the session of a review in which four rows were decided, and the known class of one."""
    labels = pd.read_csv(folder / "photos" / "labels.csv")
    ids = pd.read_parquet(folder / "runs" / "a" / "samples.parquet").set_index("path")["id"]
    (folder / "session").mkdir()
    log = DecisionLog(folder / "session" / "decisions.jsonl")
    for path, label in labels[["path", "class"]].iloc[:3].itertuples(index=False):
        log.append(Event.new("keep", "ann", str(ids[path]), [label]))
    path, label = labels.loc[3, ["path", "class"]]
    other = next(name for name in labels["class"] if name != label)
    log.append(Event.new("relabel", "bob", str(ids[path]), [label], to=[other]))
    pd.DataFrame([{"id": ids[path], "label": label}]).to_csv(folder / "planted.csv", index=False)


def _applied(folder: Path) -> None:
    """Write photos of which one was relabelled by a review that can be undone."""
    shutil.copytree(folder / "photos", folder / "reviewed")
    shutil.copytree(folder / "session", folder / "applied")
    text = (folder / "runs.toml").read_text("utf-8").replace('root = "photos"', 'root = "reviewed"')
    (folder / "reviewed.toml").write_text(text, encoding="utf-8")
    call(folder, "review", "reviewed.toml", "--apply", "--yes", "--session", "applied")


def _configure(folder: Path, kind: str, output: str, to: Path, data: str = "", folds: str = _TEST) -> None:
    label, group = _LABELS[kind]
    text = _TOML.format(
        output=output, kind=kind, label=label, group=group, data=data, folds=folds,
        sections=_KIND[kind], model=_OWN[kind],
    )  # fmt: skip
    to.write_text(text, encoding="utf-8")


def _tables(folder: Path) -> None:
    """Write predictions, labels, new photos, corrections, a sample submission and a log of another program."""
    labels = pd.read_csv(folder / "photos" / "labels.csv")
    table = pd.read_parquet(folder / "runs" / "a" / "predictions.parquet")
    (folder / "new").mkdir()
    rows = labels.iloc[:6]
    for name in rows["path"]:
        shutil.copy(folder / "photos" / name, folder / "new" / Path(name).name)
    new = pd.DataFrame({"path": [Path(name).name for name in rows["path"]], "class": rows["class"]})
    new.to_csv(folder / "new.csv", index=False)
    new.rename(columns={"path": "id"}).to_csv(folder / "sample.csv", index=False)
    name, label = labels.loc[0, ["path", "class"]]
    changes = pd.DataFrame([{"id": name, "path": name, "action": "relabel", "from": label, "to": "soap bar"}])
    changes.assign(reason="").to_csv(folder / "corrections.csv", index=False)
    truth = labels.assign(id=labels["path"], label=labels["class"], group=labels["series"])
    truth[["id", "label", "group"]].assign(fold=range(len(labels))).assign(fold=lambda t: t["fold"] % 2).to_csv(
        folder / "truth.csv", index=False
    )
    one = _probabilities(table, labels)
    one.to_csv(folder / "one.csv", index=False)
    one.to_parquet(folder / "one.parquet", index=False)
    one.sample(frac=1, random_state=0).to_csv(folder / "two.csv", index=False)
    names = list(one.columns[2:])
    numbers = {"probabilities": one[names].to_numpy(), "classes": np.array(names), "fold": one["fold"].to_numpy()}
    np.savez(folder / "one.npz", ids=one["id"].to_numpy(dtype=str), **numbers)
    log = [{"epoch": at, "train_loss": 1 / (at + 1), "val_loss": 1 / (at + 2), "val_acc": 0.5} for at in range(8)]
    pd.DataFrame(log).to_csv(folder / "log.csv", index=False)
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in log), encoding="utf-8")
    state = {
        "log_history": [{"epoch": line["epoch"], "loss": line["train_loss"], "step": line["epoch"]} for line in log]
    }
    (folder / "trainer_state.json").write_text(json.dumps(state), encoding="utf-8")
    lines = [json.dumps({"row": f"r{at % 2}", "line": [float(x) for x in range(32)]}) for at in range(8)]
    (folder / "stream.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _probabilities(table: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Return made-up probabilities of all rows: the figures need not be good, only always the same."""
    classes = sorted(labels["class"].unique())
    out = pd.DataFrame({"id": labels["path"], "fold": [at % 2 for at in range(len(labels))]})
    for at, name in enumerate(classes):
        out[name] = [
            0.7 if (row + at) % len(classes) == 0 else 0.3 / (len(classes) - 1) for row in range(len(labels))
        ]
    return out


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a command on the data in `folder`."""
    return {
        **os.environ,
        "XDG_CACHE_HOME": str(folder / "cache"),
        "COLUMNS": "160",
        "NO_COLOR": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONUTF8": "1",
    }


def call(folder: Path, *arguments: str) -> None:
    """Run a command that must succeed."""
    done = run(arguments, folder, environment(folder), patience=10)
    if done.code not in (0, 1):
        raise RuntimeError(f"evenhand {' '.join(arguments)}: {done.code}\n{done.out}\n{done.err}")
