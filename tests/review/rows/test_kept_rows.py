"""Rows that are kept are those that would be read, and are not taken where anything has changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.base.storage.record import Record
from evenhand.base.values import Finding
from evenhand.review.rows import kept_rows, read_rows
from evenhand.review.rows.kept_predictions import KeptPredictions
from evenhand.review.rows.kept_rows import Reviewed, keep, read_kept, stamp
from evenhand.review.rows.review_rows import ReviewRows

from ..conftest import Rows

ASKED = {"source": "a.toml", "changes": [], "run": None}


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust files that a test has just written."""
    monkeypatch.setattr(kept_rows, "SETTLED_S", -1e6)


def same(one: ReviewRows, other: ReviewRows) -> None:
    pd.testing.assert_frame_equal(one.frame, other.frame, check_dtype=False)
    for name in ("fold", "source", "probabilities", "disagreement"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(one.samples.labels, other.samples.labels)
    assert one.classes == other.classes
    assert one.labels == other.labels
    assert one.reported == other.reported
    assert (one.model, one.truth_threshold) == (other.model, other.truth_threshold)
    assert (one.families is None) == (other.families is None)


def kept(path: Path, rows: ReviewRows, files: tuple[str, ...] = ()) -> ReviewRows:
    keep(path, ASKED, files, stamp(files), Reviewed(rows, "photos", {"root": "/a"}, {"size": 64}))
    found = read_kept(path, ASKED)
    assert found is not None
    assert (found.kind, found.data, found.section) == ("photos", {"root": "/a"}, {"size": 64})
    return found.rows


@pytest.mark.parametrize("p", [None, [[0.2, 0.5, 0.3], [0.1, 0.1, 0.8], [np.nan] * 3]])
def test_all_of_the_rows_comes_back(make_rows: Rows, tmp_path: Path, p: object) -> None:
    finding = Finding("EH102", "warning", "A picture is blank.", ids=("r1",), evidence={"n": 1})
    rows = make_rows([0, 1, -1], p, groups=["a", "b", "b"], folds=[0, 1, -1], reported=[finding])
    same(kept(tmp_path / "rows.parquet", rows), rows)
    several = make_rows([[1.0, 0.0, 1.0], [0.0, np.nan, 0.0], [0.0, 0.0, 0.0]], p)
    same(kept(tmp_path / "rows.parquet", several), several)


def test_a_run_comes_back_as_it_was_read(record: Record, tmp_path: Path) -> None:
    rows = read_rows.from_record(record)
    same(kept(tmp_path / "rows.parquet", rows), rows)


def test_another_question_or_another_program_finds_nothing(
    make_rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.parquet"
    kept(path, make_rows([0, 1]))
    assert read_kept(path, {**ASKED, "changes": ["data.only=a"]}) is None
    assert read_kept(tmp_path / "none.parquet", ASKED) is None
    monkeypatch.setattr(kept_rows, "_PROGRAM", tmp_path)
    assert read_kept(path, ASKED) is None
    path.write_bytes(path.read_bytes()[:100])
    assert read_kept(path, ASKED) is None


def test_what_changes_below_a_folder_is_noticed(tmp_path: Path) -> None:
    folder, table = tmp_path / "photos", tmp_path / "labels.csv"
    (folder / "cats").mkdir(parents=True)
    (folder / "cats" / "1.jpg").write_bytes(b"one")
    files = (str(folder), str(table))
    seen = [stamp(files)]
    table.write_text("path,label")  # a table that was not there is there
    seen.append(stamp(files))
    (folder / "cats" / "1.jpg").write_bytes(b"two")  # as long as before, at another time
    seen.append(stamp(files))
    (folder / "cats" / "2.jpg").write_bytes(b"")
    seen.append(stamp(files))
    shutil.move(folder / "cats" / "2.jpg", folder / "cats" / "3.jpg")
    seen.append(stamp(files))
    assert len(set(seen)) == len(seen)
    assert stamp(files) == seen[-1]
    (folder / "more").symlink_to(tmp_path)
    assert stamp(files) is None


def test_files_that_changed_just_now_are_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_rows, "_PROGRAM", tmp_path / "none")
    monkeypatch.setattr(kept_rows, "SETTLED_S", 2.0)
    (tmp_path / "new.csv").write_text("")
    assert stamp((str(tmp_path / "new.csv"),)) is None
    assert stamp((str(tmp_path / "none.csv"),)) is not None


def test_a_damaged_file_is_never_taken_for_other_rows(make_rows: Rows, tmp_path: Path) -> None:
    path, rows = tmp_path / "rows.parquet", make_rows([0, 1, 2], [[0.2, 0.5, 0.3]] * 3)
    kept(path, rows)
    raw = path.read_bytes()
    for at in range(len(raw)):
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 4]) + raw[at + 1 :])
        assert read_kept(path, ASKED) is None
    path.write_bytes(raw)
    found = read_kept(path, ASKED)
    assert found is not None
    same(found.rows, rows)


def test_predictions_of_somebody_else_count_as_none(make_rows: Rows, tmp_path: Path) -> None:
    rows, found = make_rows([0, 1]), KeptPredictions(tmp_path / "new.parquet", "run", "m")
    strange = {"run": ["run"], "model": ["m"]}
    for more in ({}, {"id": ["r0"], "content": [""], "source": ["fold_ensemble"], "p:ash": [7.0]}):
        pd.DataFrame({**strange, **more}).to_parquet(found.path)
        same(found.fill(rows)[0], rows)
