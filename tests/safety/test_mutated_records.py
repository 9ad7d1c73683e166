"""Every document of a record changed in many ways, before everything that reads it: sentences and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evenhand.base.storage.manifest import MANIFEST
from evenhand.base.storage.sealed_json import SealError, read_sealed, write_sealed
from evenhand.reporting.chart_process import Drawing
from evenhand.testing.kinds import generate

from .mutations import mutated
from .watched_child import CONFIG, command

pytestmark = pytest.mark.slow

SECONDS = 60
"""Of one command on one record; more is a hang."""

RECORD, SESSION, TABLES = "runs/a", "session", ("one.csv", "one.parquet", "truth.csv")
COMMANDS = {
    RECORD: (
        *["report runs/a"] * 4,
        "runs runs",
        "runs runs/a",
        "runs runs --rank",
        "doctor runs/a",
        "evaluate runs/a",
        "compare runs/a sound",
        "compare --data runs/a sound",
        "ensemble runs/a sound --to out/e.csv --force",
        "audit runs/a",
        "predict runs/a new --to out/p.csv --force",
        "diagnose runs/a new --to out/d --force",
        "retrieve runs/a --evaluate",
        "journal runs --file out/J.md",
        "verify runs/a",
        "review runs/a --export --session session",
        "submit own.toml runs/a predicted.csv --dry-run",
    ),
    SESSION: ("review sound --export --session session", "review sound --agreement --session session"),
    "": ("evaluate one.csv --labels truth.csv", "evaluate one.parquet --labels truth.csv", "runs log.jsonl"),
}
"""Folder whose files are changed -> what reads it."""


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Write a record of every document, a session and tables, and work in their folder."""
    folder = tmp_path_factory.mktemp("mutated")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        # charts are drawn by a process of its own, which has its own tests and is most of the time of a report
        patch.setattr(Drawing, "svg", lambda self, spec: f"<svg>{len(json.dumps(spec))}</svg>")
        patch.setattr(Drawing, "start", lambda self: None)
        _write(folder)
        yield folder


def _write(folder: Path) -> None:
    generate("photos", folder / "photos", rows=24)
    for name in ("new", "out", SESSION):
        (folder / name).mkdir()
    labels = pd.read_csv(folder / "photos" / "labels.csv")
    for name in labels["path"][:3]:
        shutil.copy(folder / "photos" / name, folder / "new" / Path(name).name)
    two = CONFIG.replace("[[model]]", '[ensemble]\nmethods = ["equal", "nnls+temperature"]\n[[model]]')
    second = '[[model]]\nname = "q"\nencoder = "small"\ntune = "head"\n[train]'
    (folder / "own.toml").write_text(two.replace("[train]", second) + '[submit]\ncommand = ["true", "{file}"]\n')
    _call("run own.toml")
    (record,) = (folder / "runs").iterdir()
    record.rename(folder / "runs" / "a")
    _call("audit runs/a")
    _documents(folder / RECORD, labels["path"])
    shutil.copytree(folder / RECORD, folder / "sound")
    truth = labels.assign(id=labels["path"], label=labels["class"], group=labels["series"])
    truth[["id", "label", "group"]].to_csv("truth.csv", index=False)
    classes = sorted(labels["class"].unique())
    one = pd.DataFrame({"id": labels["path"], **{name: 1 / len(classes) for name in classes}})
    one.to_csv("one.csv", index=False)
    one.to_parquet("one.parquet", index=False)
    lines = [{"epoch": at, "train_loss": 1 / (at + 1), "val_loss": 1 / (at + 2)} for at in range(8)]
    Path("log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    ids = pd.read_parquet(folder / RECORD / "samples.parquet")["id"]
    _decide(folder / SESSION / "decisions.jsonl", list(ids[:3]), classes)
    rows = "".join(f"{path.name},{classes[0]}\n" for path in sorted((folder / "new").iterdir()))
    Path("sample.csv").write_text(f"id,class\n{rows}")
    _call("predict runs/a new --like sample.csv --to predicted.csv")
    for line in dict.fromkeys(line for lines in COMMANDS.values() for line in lines):
        _call(line)


def _decide(path: Path, ids: list[str], classes: list[str]) -> None:
    from evenhand.review.log.event import Event
    from evenhand.review.log.log_file import DecisionLog

    log = DecisionLog(path)
    for at, name in enumerate(ids):
        log.append(Event.new("keep", f"reviewer{at}", name, [classes[0]]))


def _documents(record: Path, paths: pd.Series) -> None:
    """Write the documents that this run does not write itself."""
    figure = {"estimate": 0.5, "low": 0.4, "high": 0.6, "n": 24, "groups": 6, "enough": True}
    verdict = {
        "verdict": "better", "a": "x", "b": "base", "metric": "macro_f1", "difference": figure,
        "smallest_detectable": 0.1, "p": 0.1, "enough": True, "summary": "x is better.",
    }  # fmt: skip
    row = {
        "name": "slow", "set": {"train.epochs": 2}, "expect": "more", "state": "done", "record": "b", "error": "",
        "figures": {"macro_f1": figure}, "verdicts": [verdict], "conditions": ["threads differ"],
    }  # fmt: skip
    cause = {"name": "slow", "metric": "macro_f1", "effect": 0.1, "alone": verdict, "given_others": None}
    query = {"query": paths[0], "path": paths[0], "labels": "a", "hit_share": 0.5}
    near = {"query": paths[0], "rank": 1, "id": "x", "path": paths[1], "labels": "b", "similarity": 0.9}
    fit = {"fold": 0, "seed": 0, "n": 9, "constant": 1, "saturated": 0, "copies": 0, "mean_correlation": 0.3}
    documents: dict[str, Any] = {
        "ablation.json": {
            "name": "ablation", "model": "m", "metrics": ["macro_f1"], "rows": [row], "causes": [cause], "n": 24,
            "groups": 6, "findings": [],
        },
        "neighbours.json": {
            "model": "m", "compared": "embeddings", "relevance": "any", "shown": ["path"], "queries": [query],
            "rows": [{**near, "relevant": True}], "notes": ["few rows"],
        },
        "code_bits.json": [
            {
                "model": "m", "unit": "bit", "bits": 2, "place": "fold 0",
                "measures": {"share of ones": [0.5, 0.1]}, "fits": [fit],
            }
        ],
        "earliness.json": {"m": [{"precision": 0.9, "threshold": 0.5, "steps": [1, 2]}]},
    }  # fmt: skip
    for name, document in documents.items():
        (record / name).write_text(json.dumps(document))


def _call(line: str) -> None:
    code, said = command(line)
    assert code in (0, 1), f"{line}: {said}"


@contextmanager
def _no_longer(seconds: float) -> Iterator[None]:
    def late(*_: object) -> None:
        raise AssertionError(f"more than {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _put(path: Path, raw: bytes) -> None:
    """Write a changed file as the author of a record would: what lists its checksum lists the new one."""
    path.unlink()
    path.write_bytes(raw)
    for name in ("task.json", "soup.json"):
        task = path.with_name(name)
        if not task.is_file():
            continue
        try:
            document = json.loads(task.read_bytes()) if task == path else read_sealed(task).content
        except (SealError, ValueError, RecursionError):
            continue
        if isinstance(document, dict):
            document = {key: value for key, value in document.items() if key not in ("seal", "checksums")}
            beside = [file for file in path.parent.iterdir() if file.suffix != ".json"]
            shared = sorted(path.parents[2].glob("frozen-*.safetensors"))
            write_sealed(task, document, [*beside, *shared])


def test_changed_documents_end_in_sentences(ground: Path, size: Callable[[int, int], int]) -> None:
    seed = int(os.environ.get("EVENHAND_SEED", "0"))
    rng = np.random.default_rng([seed, 21])
    files = {folder: _files(ground, folder) for folder in COMMANDS}
    every = [(folder, file) for folder, of in files.items() for file in of]
    faults = []
    for number in range(size(80, 4_000)):
        folder, file = every[number % len(every)]
        lines = COMMANDS[folder]
        line = lines[int(rng.integers(len(lines)))]
        sound = {path: path.read_bytes() for path in (file, *file.parent.glob("*.json"))}
        how, raw = mutated(file.name, sound[file], rng)
        try:
            for record in (ground / RECORD, ground / "sound"):  # no checksum tells that a file was changed
                (record / MANIFEST).unlink(missing_ok=True)
            _put(file, raw)
            with _no_longer(SECONDS):
                code, said = command(line)
        finally:
            for path, before in sound.items():
                if not path.is_file() or path.read_bytes() != before:
                    path.unlink(missing_ok=True)
                    path.write_bytes(before)
        if code not in (0, 1, 2, 3) or "Traceback" in said or "Something went wrong inside" in said or not said:
            shown = said.strip().splitlines()[-1:] if said else ["nothing was said"]
            faults.append(f"{number}: {how} {file.relative_to(ground)}: {line}: {code} {shown[0][-300:]}")
            _keep(ground, number, raw)
    assert not faults, f"{len(faults)} faults\n" + "\n".join(faults)


def _keep(ground: Path, number: int, raw: bytes) -> None:
    (ground / "out" / f"{number}.bin").write_bytes(raw)


def _files(ground: Path, folder: str) -> list[Path]:
    if not folder:
        return [ground / name for name in (*TABLES, "log.jsonl")]
    return [path for path in sorted((ground / folder).rglob("*")) if path.is_file() and path.name not in _LEFT]


_LEFT = ("report.html", ".lock", "corrections.csv", MANIFEST)
"""Written, and read by no command; without a manifest there are no checksums."""
