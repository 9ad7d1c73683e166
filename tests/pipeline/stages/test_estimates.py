"""When the locked test was opened, by a run and by those beside it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.base.storage.record import Record
from evenhand.base.values import Folds, Predictions, Samples
from evenhand.cli.tables.spreadsheet import mention_formulas
from evenhand.pipeline.stages.estimates import SUSPECTS, openings_of_test, record_test_opening, write_suspects

IDS = np.array(["a", "b", "c", "d"], dtype=object)


def record(output: Path, *, locked: tuple[int, ...] = (3,)) -> Record:
    made = Record.create(output, asked="", resolved={"model": []}, data={"kind": "photos", "classes": ["x", "y"]})
    fold = np.where(np.isin(np.arange(4), locked), -1, np.arange(4) % 2).astype(np.int16)
    made.write_folds(Folds(IDS, fold, 2))
    made.write_samples(Samples(pd.DataFrame({"id": IDS, "path": IDS}), ("x", "y"), np.array([0, 1, 0, 1])))
    return made


def test_runs_with_the_same_locked_rows_count_together(tmp_path: Path) -> None:
    runs = [record(tmp_path) for _ in range(3)]
    other = record(tmp_path, locked=(2,))
    for one in (*runs, other):
        record_test_opening(one)
    assert len(openings_of_test(runs[0], runs[0].folds()) or ()) == 3
    assert len(openings_of_test(other, other.folds()) or ()) == 1


def test_a_look_that_was_never_told_is_none(tmp_path: Path) -> None:
    run = record(tmp_path)
    record_test_opening(run)
    record_test_opening(run)  # the run was killed in between, before it had written its scores
    assert len(run.json("test_opened.json")) == 1
    run.write_json("scores.json", {})
    record_test_opening(run)
    assert len(run.json("test_opened.json")) == 2


def test_without_locked_rows_there_is_nothing_to_open(tmp_path: Path) -> None:
    run = record(tmp_path, locked=())
    assert openings_of_test(run, run.folds()) is None


def test_a_damaged_record_beside_it_is_passed_over(tmp_path: Path) -> None:
    run, other = record(tmp_path), record(tmp_path)
    record_test_opening(run)
    (other.path / "test_opened.json").write_text("{")
    assert len(openings_of_test(run, run.folds()) or ()) == 1


def test_suspected_labels_come_back_whatever_classes_are_called(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 2, 200)
    answer = np.where(rng.random(200) < 0.1, 1 - truth, truth)
    ids = np.array([f"r{i}" for i in range(200)], dtype=object)
    table = 0.9 * np.eye(2)[answer] + 0.05
    p = Predictions(ids, ("=HYPERLINK(1)", "b\rc"), table, truth, (np.arange(200) % 5).astype(np.int16), model="m")
    run = record(tmp_path)
    write_suspects(run, [p])
    with (run.path / SUSPECTS).open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    wrong = int((answer != truth).sum())
    assert len(rows) == wrong > 5
    assert {len(row) for row in rows} == {len(head)}
    assert {row[1] for row in rows} == {"=HYPERLINK(1)", "b\rc"}
    mention_formulas(run.path / SUSPECTS)
    assert f"{wrong:,} cells begin like formulas" in capsys.readouterr().err
    mention_formulas(run.path / "absent.csv")
    assert capsys.readouterr().err == ""
