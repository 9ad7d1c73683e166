"""By suspicion: rows whose label contradicts models that had not seen them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evenhand.base.values import Floats, Ints, Predictions
from evenhand.evaluation.figures.confident_learning import confident_class, suspected_labels
from evenhand.review.order.best_first import best_first
from evenhand.review.order.registry import ORDERS, Order
from evenhand.review.rows.review_rows import ReviewRows

_SUSPECTED = 2.0
"""Added to the margin, which lies in -1..1, of suspected labels: all of them come before the others."""


def lacks(rows: ReviewRows) -> str:
    """Return a sentence if no row has a label and held-out probabilities."""
    if (rows.held_out & rows.samples.known).any():
        return ""
    return "No labelled row has probabilities of models that had not seen it: review the record of a finished run."


def rank(rows: ReviewRows, _seed: int) -> Ints:
    """Return (n,) positions: suspected labels as EH109 lists them, then the other rows by the same margin.

    Rows with in-sample probabilities come after all held-out ones, since models repeat the labels that they saw;
    last come rows without label or probabilities, which cannot be suspected.
    """
    score = np.full(len(rows), np.nan)
    for part in (rows.held_out, rows.predicted & ~rows.held_out):
        if part.any():
            score[part] = suspicion(rows.predictions(part))
    return best_first(rows, score)


def suspicion(p: Predictions) -> Floats:
    """Return (n,) how much the label of each row is to be suspected, NaN where it is not known.

    It is the probability of the most probable other class minus that of the label, in -1..1, and 2 more than the
    margin of EH109 where confident learning (Northcutt, Jiang and Chuang 2021) suspects the label. Where several
    labels may hold, each class is a problem of two classes, and the most suspicious one decides.
    """
    return _of_several(p) if p.multi_label else _of_one(p)


def _of_one(p: Predictions) -> Floats:
    truth = np.asarray(p.truth)
    rows = np.arange(len(p))
    own, others = p.probabilities[rows, truth], p.probabilities.copy()
    others[rows, truth] = 0.0
    score = np.where(truth >= 0, others.max(axis=1) - own, np.nan)
    suspects = suspected_labels(p)
    score[pd.Index(p.ids).get_indexer(pd.Index(suspects["id"]))] = _SUSPECTED + suspects["margin"].to_numpy()
    return score


def _of_several(p: Predictions) -> Floats:
    truth = np.asarray(p.truth, dtype=np.float64)
    score = np.full(len(p), -np.inf)
    for column in range(p.k):
        rows = np.flatnonzero(~np.isnan(truth[:, column]))
        if not len(rows):
            continue
        holds = (truth[rows, column] >= p.truth_threshold).astype(np.int64)
        two = np.column_stack([1.0 - p.probabilities[rows, column], p.probabilities[rows, column]])
        sure, at = confident_class(two, holds), np.arange(len(rows))
        suspected = (sure >= 0) & (sure != holds)
        found = two[at, 1 - holds] - two[at, holds] + _SUSPECTED * suspected
        score[rows] = np.maximum(score[rows], found)
    return np.where(np.isfinite(score), score, np.nan)


ORDERS.register("suspicion")(
    Order("Labels that contradict models that had not seen the row first, the most suspicious first.", rank, lacks)
)
