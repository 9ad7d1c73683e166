"""Rows that were not in a run get the mean of its fold models, and say so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.base.errors import DataError
from evenhand.base.storage.record import Record
from evenhand.base.values import Predictions, Samples
from evenhand.data.roots.root import open_root
from evenhand.pipeline.stages.execution.progress import Silent
from evenhand.pipeline.verbs.predict import NewRows
from evenhand.review.rows import fold_ensemble
from evenhand.review.rows.fold_ensemble import with_fold_ensemble
from evenhand.review.rows.review_rows import ReviewRows

Rows = Callable[..., ReviewRows]
NAN = float("nan")


class Heard(Silent):
    """A watcher that keeps messages."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def message(self, text: str) -> None:
        self.messages.append(text)


@pytest.fixture
def predicted(monkeypatch: pytest.MonkeyPatch) -> list[Samples]:
    """Stand in for the models of a run, which say birch of every row; rows of "r2" they were trained on."""
    asked: list[Samples] = []

    class Found:
        def __init__(self, samples: Samples) -> None:
            p = np.tile([0.0, 1.0, 0.0], (len(samples), 1))
            self.predictions = Predictions(samples.ids, samples.classes, p, model="m")
            self.table = pd.DataFrame({"set": ["training" if row == "r2" else "new" for row in samples.ids]})

    def predict_rows(_record: object, _settings: object, new: NewRows, *_: object) -> Found:
        asked.append(new.samples)
        if len(new.samples) == 1:
            raise DataError("Not one of 1 file can be decoded.")
        return Found(new.samples)

    monkeypatch.setattr(fold_ensemble, "predict_rows", predict_rows)
    monkeypatch.setattr(fold_ensemble, "predictor_for", lambda *_: None)
    monkeypatch.setattr(fold_ensemble, "load", lambda _, changes: None)
    return asked


def test_only_rows_without_probabilities_are_predicted(
    predicted: list[Samples], make_rows: Rows, record: Record, tmp_path: Path
) -> None:
    rows = make_rows([0, 1, 2], [[0.7, 0.2, 0.1], [NAN] * 3, [NAN] * 3])
    filled = with_fold_ensemble(rows, record, open_root(tmp_path))
    assert [samples.ids.tolist() for samples in predicted] == [["r1", "r2"]]
    assert filled.source.tolist() == ["out_of_fold", "fold_ensemble", "in_sample"]
    assert filled.probabilities[1:, 1].tolist() == [1.0, 1.0]
    assert with_fold_ensemble(filled, record, open_root(tmp_path)) is filled


def test_new_rows_that_cannot_be_decoded_do_not_stop_a_review(
    predicted: list[Samples], make_rows: Rows, record: Record, tmp_path: Path
) -> None:
    rows, heard = make_rows([0, 1], [[0.7, 0.2, 0.1], [NAN] * 3]), Heard()
    assert with_fold_ensemble(rows, record, open_root(tmp_path), watcher=heard) is rows
    assert heard.messages == ["1 row without probabilities: Not one of 1 file can be decoded."]
