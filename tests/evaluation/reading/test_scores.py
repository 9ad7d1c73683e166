"""Scores of a record: what is missing is empty, what is damaged is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evenhand.base.errors import RecordError
from evenhand.base.storage.record import Record
from evenhand.evaluation.reading.from_record import best_model
from evenhand.evaluation.reading.scores import scores_of


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record.create(tmp_path, asked="", resolved={}, data={})


def test_scores_and_the_best_are_those_of_the_file(record: Record) -> None:
    figure = {"estimate": 0.5, "low": 0.4, "high": 0.6, "n": 20, "groups": 20}
    figures = {"a": {"oof": {"accuracy": figure}}}
    record.write_json("scores.json", {"headline": {"best": "a"}, "scores": figures, "seconds": {}})
    assert scores_of(record) == {"headline": {"best": "a"}, "scores": figures, "seconds": {}}
    assert best_model(record) == "a"


@pytest.mark.parametrize(
    "document",
    [[], None, 3, {"scores": [1]}, {"headline": "a"}, {"scores": {"a": {"oof": {"accuracy": 0.5}}}}],
)
def test_damaged_scores_are_said_with_their_file(record: Record, document: Any) -> None:
    record.write_json("scores.json", document)
    with pytest.raises(RecordError, match=r"scores\.json: .* The record is damaged"):
        best_model(record)


@pytest.mark.parametrize("document", [{}, {"headline": None}, {"headline": {"best": None}}])
def test_a_run_without_a_best_model_says_so(record: Record, document: Any) -> None:
    record.write_json("scores.json", document)
    assert scores_of(record) == {"headline": document.get("headline") or {}, "scores": {}}
    with pytest.raises(RecordError, match="names no best model"):
        best_model(record)
