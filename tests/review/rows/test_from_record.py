"""The rows of a run, and of a configuration beside a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.base.errors import DataError
from evenhand.base.storage.record import Record
from evenhand.base.values import Finding, Samples
from evenhand.review.rows.from_config import from_config
from evenhand.review.rows.from_record import from_record, with_record
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.testing.pictures import picture

CLASSES = ("ash", "birch", "cedar")


def test_a_run_gives_held_out_probabilities_with_their_source(record: Record) -> None:
    rows = from_record(record.path)
    assert rows.model == "ensemble:equal"
    assert rows.source.tolist() == ["out_of_fold"] * 5 + ["fold_ensemble"]
    np.testing.assert_allclose(rows.probabilities.max(axis=1), 0.6, atol=1e-6)
    assert rows.fold.tolist() == ["0", "0", "1", "1", "0", "test"]
    assert rows.findings == {"EH102": ("r2",)}
    assert (rows.disagreement > 0).all()
    assert repr(rows) == "ReviewRows(6 photos, 3 classes, 6 rows with probabilities)"


def test_a_model_is_chosen_by_name(record: Record) -> None:
    np.testing.assert_allclose(from_record(record, model="one").probabilities.max(axis=1), 0.8, atol=1e-6)
    with pytest.raises(DataError, match=r'no model named "onne"'):
        from_record(record, model="onne")


def test_a_run_that_has_not_been_evaluated_gives_rows_without_probabilities(record: Record) -> None:
    for name in ("predictions.parquet", "scores.json", "folds.csv", "manifest.jsonl"):  # never written, nor listed
        (record.path / name).unlink()
    rows = from_record(record)
    assert set(rows.source) == {""}
    assert set(rows.fold) == {""}
    assert np.isnan(rows.probabilities).all()


def test_rows_that_changed_since_the_run_or_are_new_have_no_probabilities(record: Record) -> None:
    frame = pd.DataFrame({"id": ["r1", "r0", "r9"], "path": ["1", "0", "9"], "content": ["b", "other", "z"]})
    samples = Samples(frame, ("birch", "elm"), np.array([1, 0, 0]))
    rows = with_record(ReviewRows.of(samples), record)
    assert rows.source.tolist() == ["out_of_fold", "", ""]
    assert rows.classes == ("birch", "elm", "ash", "cedar")
    np.testing.assert_allclose(rows.probabilities[0], [0.6, 0.0, 0.2, 0.2], atol=1e-6)
    assert np.isnan(rows.disagreement).tolist() == [False, True, True]


def test_findings_of_the_run_are_about_rows_that_are_as_they_were(record: Record) -> None:
    record.write_findings(
        [
            Finding("EH109", "warning", "Labels look wrong.", ids=("r2", "r1", "r0")),
            Finding("EH102", "warning", "A picture was blank then.", ids=("r2",)),
            Finding("EH103", "note", "Of a row that has changed.", ids=("r0",)),
        ]
    )
    frame = pd.DataFrame({"id": ["r0", "r1", "r2"], "path": ["0", "1", "2"], "content": ["other", "b", "c"]})
    now = Finding("EH102", "warning", "A picture is blank.", ids=("r1",))
    samples = Samples(frame, CLASSES, np.array([0, 1, 2]))
    rows = with_record(ReviewRows.of(samples, reported=[now]), record)
    assert rows.findings == {"EH102": ("r1",), "EH109": ("r2", "r1")}
    assert rows.reported[0] == now
    assert from_record(record).findings["EH109"] == ("r2", "r1", "r0")


def photos(folder: Path) -> str:
    """Write three photos of two classes, one of which cannot be decoded, and return a configuration of them."""
    for name, content in (("ash/1.png", picture()), ("ash/2.png", b"no picture"), ("elm/1.png", picture())):
        (folder / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "photos" / name).write_bytes(content)
    config = folder / "config.toml"
    config.write_text('[data]\nkind = "photos"\nroot = "photos"\n', encoding="utf-8")
    return str(config)


def test_a_configuration_without_a_run_gives_every_row_also_what_cannot_be_decoded(tmp_path: Path) -> None:
    note = Finding("EH103", "note", "Copies.")
    rows = from_config(photos(tmp_path), reported=[note, note])
    assert rows.labels == [("ash",), ("ash",), ("elm",)]
    assert set(rows.source) == {""}
    assert rows.reported.count(note) == 1
    assert rows.duplicates_of(rows.ids[0]) == (rows.ids[2],)


def test_a_single_class_is_reviewed(tmp_path: Path) -> None:
    rows = from_config(photos(tmp_path), changes=['data.drop=["ash"]'])
    assert (rows.classes, rows.labels) == (("elm",), [("elm",)])


def test_a_configuration_beside_a_run_has_its_probabilities(tmp_path: Path, record: Record) -> None:
    assert set(from_config(photos(tmp_path), record=record.path).source) == {""}
