"""Rows that were not in the run: predicted behind the page, and kept for the next start."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evenhand.base.errors import RecordError
from evenhand.base.storage.record import Record
from evenhand.base.values import Predictions
from evenhand.data.roots.root import open_root
from evenhand.modalities import KINDS
from evenhand.review.log.live_review import LiveReview
from evenhand.review.rows import fold_ensemble
from evenhand.review.rows.pictures import Pictures
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.rows.source import ProbabilitySource
from evenhand.review.rows.with_predictions import with_predictions
from evenhand.review.server.new_rows import NewRows
from evenhand.review.server.session import ReviewSession
from evenhand.review.server.view import View

Rows = Callable[..., ReviewRows]
NAN = [float("nan")] * 3


@pytest.fixture
def rows(make_rows: Rows) -> ReviewRows:
    """Return four rows, of which the models predicted "r0"; "r3" cannot be decoded."""
    of = make_rows([0, 1, 2, 2], [[0.7, 0.2, 0.1], NAN, NAN, NAN])
    frame = of.samples.frame.assign(content=list("abcd"))
    return replace(of, samples=replace(of.samples, frame=frame), model="ensemble:equal")


@pytest.fixture
def session(rows: ReviewRows, tmp_path: Path) -> ReviewSession:
    pictures = Pictures(KINDS.get("photos"), open_root(tmp_path), rows)
    return ReviewSession(rows, pictures, LiveReview(tmp_path / "decisions.jsonl"), "ada", "suspicion")


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Stand in for the models of a run: once they may, they say birch of all rows but "r3"."""
    may = threading.Event()

    def with_fold_ensemble(rows: ReviewRows, _record: Record, _root: object, *, skip: np.ndarray, **_: object):
        assert may.wait(10)
        ids = [row for row in rows.ids[~rows.predicted & ~skip] if row != "r3"]
        p = np.tile([0.1, 0.8, 0.1], (len(ids), 1))
        found = Predictions(np.array(ids, dtype=object), rows.classes, p, model="ensemble:equal")
        return with_predictions(rows, found, ProbabilitySource.FOLD_ENSEMBLE)

    monkeypatch.setattr(fold_ensemble, "with_fold_ensemble", with_fold_ensemble)
    return may


def test_the_page_shows_rows_before_their_probabilities_and_with_them(
    session: ReviewSession, rows: ReviewRows, record: Record, models: threading.Event, tmp_path: Path
) -> None:
    said: list[str] = []
    same, new = NewRows.of(rows, record, tmp_path / "review")
    assert new is not None
    assert new.left.tolist() == [False, True, True, True]
    thread = new.start(session, said.append)
    view = View.of("suspicion", {})
    cards = session.cards(view)  # while no model has answered
    assert len(cards) == len(same) == 4
    assert {card["row"]: card["source"] for card in cards}["r2"].endswith("its models are predicting it.")
    models.set()
    assert thread is not None
    thread.join(10)
    assert said == [
        "3 rows were not in the run; its models predict them in the background.",
        "2 new rows predicted.",
    ]
    *_, last = session.cards(view)  # in an order of what is known now
    assert last["row"] == "r3"
    assert session.rows.source.tolist() == ["out_of_fold", "fold_ensemble", "fold_ensemble", ""]
    assert last["source"] == "No model has given this row probabilities."

    again, left = NewRows.of(rows, record, tmp_path / "review")
    assert again.source.tolist() == ["out_of_fold", "fold_ensemble", "fold_ensemble", ""]
    assert again.probabilities[2].tolist() == pytest.approx([0.1, 0.8, 0.1])
    assert left is not None
    assert left.start(session, said.append) is None  # "r3" is not asked about again


def test_what_was_kept_is_of_the_same_bytes_run_and_model_and_may_be_damaged(
    session: ReviewSession, rows: ReviewRows, record: Record, models: threading.Event, tmp_path: Path
) -> None:
    models.set()
    _, new = NewRows.of(rows, record, tmp_path)
    assert new is not None
    thread = new.start(session, lambda _: None)
    assert thread is not None
    thread.join(10)
    frame = rows.samples.frame.assign(content=["a", "other", "c", "d"])
    changed, _ = NewRows.of(replace(rows, samples=replace(rows.samples, frame=frame)), record, tmp_path)
    assert changed.predicted.tolist() == [True, False, True, False]
    other, _ = NewRows.of(replace(rows, model="one"), record, tmp_path)
    assert other.predicted.tolist() == [True, False, False, False]
    new.kept.path.write_bytes(b"PAR1 and no more")
    damaged, _ = NewRows.of(rows, record, tmp_path)
    assert damaged.predicted.tolist() == [True, False, False, False]


def test_models_that_are_gone_are_said_and_the_review_goes_on(
    session: ReviewSession, rows: ReviewRows, record: Record, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def gone(*_: object, **__: object) -> ReviewRows:
        raise RecordError("There are no weights.")

    monkeypatch.setattr(fold_ensemble, "with_fold_ensemble", gone)
    said: list[str] = []
    _, new = NewRows.of(rows, record, tmp_path)
    assert new is not None
    thread = new.start(session, said.append)
    assert thread is not None
    thread.join(10)
    assert said[-1] == "New rows stay without probabilities: There are no weights."
    assert not session.predicting
    assert len(session.cards(View.of("by_class", {}))) == 4
