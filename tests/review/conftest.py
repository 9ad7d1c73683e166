"""Rows of a review, made up, and the record of a run that predicted them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.base.storage.record import Record
from evenhand.base.values import Finding, Folds, Predictions, Samples
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.rows.source import ProbabilitySource
from evenhand.review.rows.with_predictions import with_predictions

CLASSES = ("ash", "birch", "cedar")
Rows = Callable[..., ReviewRows]


@pytest.fixture
def make_rows() -> Rows:
    """Return a function that makes rows "r0", "r1", … with these labels and probabilities (NaN: none)."""

    def make(
        labels: Sequence[object],
        probabilities: object = None,
        *,
        classes: Sequence[str] = CLASSES,
        groups: Sequence[str] | None = None,
        folds: Sequence[int] | None = None,
        reported: Sequence[Finding] = (),
        source: object = ProbabilitySource.OUT_OF_FOLD,
    ) -> ReviewRows:
        ids = np.array([f"r{i}" for i in range(len(labels))], dtype=object)
        frame = pd.DataFrame({"id": ids, "path": [f"{name}.png" for name in ids]})
        if groups is not None:
            frame["group"] = list(groups)
        samples = Samples(frame, tuple(classes), np.array(labels))
        plan = None if folds is None else Folds(ids, np.array(folds, dtype=np.int16), max(folds) + 1)
        rows = ReviewRows.of(samples, folds=plan, reported=reported)
        if probabilities is None:
            return rows
        table = np.array(probabilities, dtype=float)
        there = ~np.isnan(table).any(axis=1)
        several = samples.multi_label
        p = Predictions(ids[there], tuple(classes), table[there], model="m", several_labels=several)
        places = source if isinstance(source, ProbabilitySource) else np.array(source, dtype=object)[there]
        return with_predictions(rows, p, places)

    return make


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """Return a record of six rows in two folds, the last one locked, with two models and a blend."""
    ids = np.array([f"r{i}" for i in range(6)], dtype=object)
    frame = pd.DataFrame({"id": ids, "path": ids, "content": list("abcdef"), "group": list("xxyyzz")})
    labels = np.array([0, 1, 2, 0, 1, 2])
    data = {"kind": "photos", "classes": list(CLASSES)}
    made = Record.create(
        tmp_path / "runs", asked="", resolved={}, data=data, samples=Samples(frame, CLASSES, labels)
    )
    fold = np.array([0, 0, 1, 1, 0, -1], dtype=np.int16)
    made.write_folds(Folds(ids, fold, 2))
    made.write_findings([Finding("EH102", "warning", "A picture is blank.", ids=("r2", "gone"))])
    parts = []
    for name, sure in (("one", 0.8), ("two", 0.4), ("ensemble:equal", 0.6)):
        p = np.full((6, 3), (1 - sure) / 2)
        p[np.arange(6), labels] = sure
        table = Predictions(ids, CLASSES, p, truth=labels, fold=fold, model=name).frame()
        table.insert(0, "set", np.where(fold < 0, "test", "oof"))
        table.insert(0, "model", name)
        parts.append(table)
    made.write_predictions(pd.concat(parts))
    made.write_json("scores.json", {"headline": {"best": "ensemble:equal"}})
    return made
