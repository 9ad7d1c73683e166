"""By suspicion: rows whose label contradicts models that had not seen them."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats, Ints, Predictions
from evenhand.evaluation.figures.confident_learning import self_confidence
from evenhand.review.order.best_first import best_first
from evenhand.review.order.registry import ORDERS, Order
from evenhand.review.rows.review_rows import ReviewRows


def lacks(rows: ReviewRows) -> str:
    """Return a sentence if no row has a label and held-out probabilities."""
    if (rows.held_out & rows.samples.known).any():
        return ""
    return "No labelled row has probabilities of models that had not seen it: review the record of a finished run."


def rank(rows: ReviewRows, _seed: int) -> Ints:
    """Return (n,) positions by suspicion: those that EH109 suspects are in the same order here, among the others.

    Rows with in-sample probabilities come after all held-out ones, since models repeat the labels that they saw;
    last come rows without label or probabilities, which cannot be suspected.
    """
    score = np.full(len(rows), np.nan)
    for part in (rows.held_out, rows.predicted & ~rows.held_out):
        if part.any():
            score[part] = -confidence_in_labels(rows.predictions(part))
    return best_first(rows, score)


def confidence_in_labels(p: Predictions) -> Floats:
    """Return (n,) the model's confidence in the label of each row (`self_confidence`), NaN where it is not known.

    Where several labels may hold, each class is a problem of two classes, and the least confident one decides.
    """
    return _of_several(p) if p.multi_label else _of_one(p)


def _of_one(p: Predictions) -> Floats:
    truth, out = np.asarray(p.truth, dtype=np.int64), np.full(len(p), np.nan)
    labelled = truth >= 0
    out[labelled] = self_confidence(p.probabilities[labelled], truth[labelled])
    return out


def _of_several(p: Predictions) -> Floats:
    truth, out = np.asarray(p.truth, dtype=np.float64), np.full(len(p), np.nan)
    for column in range(p.k):
        rows = np.flatnonzero(~np.isnan(truth[:, column]))
        holds = (truth[rows, column] >= p.truth_threshold).astype(np.int64)
        two = np.column_stack([1.0 - p.probabilities[rows, column], p.probabilities[rows, column]])
        out[rows] = np.fmin(out[rows], self_confidence(two, holds))
    return out


ORDERS.register("suspicion")(
    Order("Labels that contradict models that had not seen the row first, the most suspicious first.", rank, lacks)
)
