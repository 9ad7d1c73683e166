"""A finished run that has lost tasks or results is resumed by the same command, and says what it had lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.errors import RecordError
from evenhand.base.storage.record import Record
from evenhand.base.values import Folds, Samples
from evenhand.cli.app import app
from evenhand.pipeline.resuming.lost_tasks import lost_files, lost_tasks
from evenhand.pipeline.resuming.report_gaps import report_gaps
from evenhand.pipeline.resuming.resumable import discard_damaged, losses, resumable
from evenhand.pipeline.stages.execution.progress import Silent
from evenhand.training.tasks.task_files import SOUP, task_table, write_task

SUMMARY = {"epochs": 1, "stage": 0, "epoch": 0, "score": 0.5, "parts": {}, "correction": None}
ASKED = '[[model]]\nname = "m"\nseeds = [0, 1]\n[train]\nsoup = "greedy"\n'


class Heard(Silent):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def message(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """Return a finished run of one model with two seeds, their soup and the baseline on two folds."""
    samples = Samples(pd.DataFrame({"id": ["1", "2"], "path": ["a", "b"]}), ("x", "y"), np.array([0, 1]))
    data = {"classes": ["x", "y"], "kind": "photos", "fingerprint": "abc", "rows": 2}
    made = Record.create(tmp_path / "runs", asked=ASKED, resolved={"name": "x"}, data=data, samples=samples)
    made.write_text("resolved.toml", ASKED)
    made.write_folds(Folds(np.array(["1", "2"], dtype=object), np.array([0, 1], dtype=np.int16), 2))
    for fold in (0, 1):
        for seed in (0, 1):
            _task(made.task_folder("m", fold, seed))
        _task(made.path / "models" / "m" / f"fold{fold}" / "soup", SOUP)
        _task(made.task_folder("logistic_regression", fold, 0))
    made.write_table("predictions.parquet", pd.DataFrame({"id": ["1"]}))
    made.write_json("scores.json", {"scores": {"m": {}, "logistic_regression": {}}})
    made.write_text("report.html", "")
    return made


def _task(folder: Path, name: str = "task.json") -> None:
    folder.mkdir(parents=True)
    (folder / "weights.safetensors").write_bytes(b"weights")
    (folder / "predictions.parquet").write_bytes(b"predictions")
    write_task(folder, SUMMARY | {"kept": True}, folder.parents[1], name)


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


LOST = [
    "models/m",
    "models/m/fold1",
    "models/m/fold0/seed1/task.json",
    "models/m/fold1/soup/soup.json",
    "models/logistic_regression",
    "models/logistic_regression/fold0/seed0/task.json",
]


@pytest.mark.parametrize("lost", [*LOST, "models/m/fold0/seed0/weights.safetensors", "predictions.parquet"])
def test_a_finished_run_that_has_lost_something_is_resumed_and_says_so(record: Record, lost: str) -> None:
    assert resumable(record.path.parent, "abc") is None
    assert losses(record) == lost_files(record) == ()
    _remove(record.path / lost)
    assert resumable(record.path.parent, "abc") == record
    assert resumable(record.path.parent, "other") is None
    assert lost_tasks(record) == ((lost,) if lost in LOST else ())
    discard_damaged(record, heard := Heard())
    assert not record.finished
    assert heard.said[0].startswith(f"{record.path}: was finished, but {lost} is missing")


@pytest.mark.parametrize("name", ["models/m/fold0/seed1/weights.safetensors", "predictions.parquet"])
def test_a_finished_run_with_a_damaged_file_is_resumed_and_says_so(record: Record, name: str) -> None:
    (record.path / name).write_bytes(b"Weights")
    assert resumable(record.path.parent, "abc") == record
    discard_damaged(record, heard := Heard())
    assert not record.finished
    assert Path(name).name in heard.said[0]


def test_what_is_not_finished_is_resumed_before_what_has_lost_something(record: Record) -> None:
    shutil.copytree(record.path, record.path.with_name("z"))
    _remove(record.path / "scores.json")
    _remove(record.path.with_name("z") / "models")
    assert resumable(record.path.parent, "abc") == record


@pytest.mark.parametrize("name", ["samples.parquet", "resolved.toml"])
def test_an_unfinished_run_whose_rows_or_configuration_are_lost_is_named(record: Record, name: str) -> None:
    _remove(record.path / "scores.json")
    _remove(record.path / name)
    said: list[str] = []
    assert resumable(record.path.parent, "abc", said.append) is None
    assert f"{name}: is missing, though the run wrote it" in said[0]


def test_a_run_before_checksums_has_lost_nothing(record: Record, old: Callable[[Record], None]) -> None:
    old(record)
    _remove(record.path / "models" / "m" / "fold1")
    assert losses(record) == lost_tasks(record) == ()


@pytest.fixture
def old() -> Callable[[Record], None]:
    def change(record: Record) -> None:
        for name in ("manifest.jsonl", "environment.json"):
            (record.path / name).unlink()
        for path in record.path.glob("models/*/*/*/*.json"):
            path.write_text("{}", encoding="utf-8")

    return change


def test_sentences_say_to_run_the_same_configuration_again(record: Record) -> None:
    folder = record.task_folder("m", 0, 0)
    _remove(folder)
    with pytest.raises(RecordError, match=r"has lost|was lost. Run the same configuration again"):
        task_table(folder)
    with pytest.raises(
        RecordError, match=r"missing, though the run is finished\..* run the same configuration again"
    ):
        record.json("models/m/fold0/seed0/task.json")
    _remove(record.path / "scores.json")
    with pytest.raises(RecordError, match=r"did not get that far: run the same configuration again to resume it"):
        record.json("ensemble.json")


@pytest.mark.parametrize("name", ["predictions.parquet", "weights.safetensors"])
def test_a_report_names_what_of_tasks_is_missing_or_damaged(record: Record, name: str) -> None:
    assert report_gaps(record).missing == report_gaps(record).damaged == ()
    place = f"models/m/fold0/seed1/{name}"
    (record.path / place).write_bytes(b"other")
    # weights are large, and a report reads none
    assert report_gaps(record).damaged == ((place,) if name == "predictions.parquet" else ())
    _remove(record.path / place)
    assert report_gaps(record).missing == (place,)
    assert report_gaps(record).damaged == ()


def test_the_learning_curves_of_a_run_name_its_lost_tasks(record: Record) -> None:
    _remove(record.path / "models" / "m" / "fold1")
    assert evenhand.learning_curves(record).lost == ("models/m/fold1",)
    done = CliRunner(env={"COLUMNS": "400"}).invoke(app, ["runs", str(record.path)])
    assert (
        f"missing, though the run wrote it: models/m/fold1. What to do: evenhand verify {record.path}"
        in done.output
    )
    assert '"lost"' in CliRunner().invoke(app, ["runs", str(record.path), "--json"]).output


def test_a_ranking_says_which_run_has_lost_tasks(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evenhand.pipeline.curves.rank._compared", lambda *_, **__: None)
    for path in record.path.glob("models/m/*/seed*"):
        (path / "epochs.jsonl").write_text('{"epoch": 0, "train_loss": 1.0, "score": 0.5}\n', encoding="utf-8")
    (record.path / "models" / "m" / "fold1" / "seed0" / "task.json").unlink()
    found = evenhand.rank(record.path, metric="score")
    assert "models/m/fold1/seed0/task.json missing, though the run is finished" in " ".join(found.notes)
