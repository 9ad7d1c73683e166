"""How sure predictions are, and how sure they may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.isotonic import IsotonicRegression

from evenhand.base.values import Floats, Predictions
from evenhand.evaluation.core.bins import BINS, bin_of, edges
from evenhand.evaluation.core.judged_rows import rows_of
from evenhand.evaluation.figures.evaluate import judged
from evenhand.evaluation.figures.row_share import right_rows
from evenhand.evaluation.metrics.calibration_error import judgements


@dataclass(frozen=True)
class Bin:
    """Decisions that are about equally sure.

    Attributes
    ----------
    low, high
        The smallest and the largest confidence in it.
    confidence
        Mean confidence.
    accuracy
        Share that are right.
    n
        Decisions: rows, or single labels where a row may have several.
    """

    low: float
    high: float
    confidence: float
    accuracy: float
    n: int

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return dict(vars(self))


def reliability(p: Predictions, *, bins: int = BINS) -> list[Bin]:
    """Return the decisions in at most `bins` bins of about equal mass, the least sure first.

    The calibration error is the mean over bins of |confidence - accuracy|, each bin counting by its n, less what
    chance adds to it (`metrics.calibrated`).
    """
    rows = rows_of(judged(p))
    _, confidence, truth = judgements(rows, np.arange(rows.k))
    into = bin_of(confidence, edges(confidence, bins))
    out = []
    for number in np.unique(into):
        sure, right = confidence[into == number], truth[into == number]
        means = float(sure.mean()), float(right.mean())
        out.append(Bin(float(sure.min()), float(sure.max()), *means, len(sure)))
    return out


def row_confidence(probabilities: Floats, *, several: bool = False) -> Floats:
    """Return (n,) how sure rows are: the probability of the class, or of the least sure of several labels.

    Of several, a label that is claimed has the probability p, and one that is not 1 - p.

    >>> row_confidence(np.array([[0.9, 0.6, 0.2]]), several=True).tolist()
    [0.6]
    """
    if not several:
        return np.asarray(probabilities.max(axis=1))
    return np.asarray(np.maximum(probabilities, 1.0 - probabilities).min(axis=1))


def expected_accuracy(confidence: Floats, judged_by: Predictions) -> Floats:
    """Return (n,) the share of held-out rows, as sure as each of these, that were right.

    Isotonic regression of right or wrong on confidence (Zadrozny & Elkan 2002): more confident never means less
    often right. One imagined right and one imagined wrong row among the most confident and least sure keep 0 and 1
    out of reach.

    Parameters
    ----------
    confidence
        (n,) of rows, as `row_confidence` gives it.
    judged_by
        Held-out predictions of the model that is to be believed. Where several labels may hold, a row is right if
        all of them are.
    """
    p = judged(judged_by)
    sure = row_confidence(p.probabilities, several=p.multi_label)
    right = right_rows(rows_of(p)).astype(np.float64)
    sure = np.concatenate([[sure.min(), sure.max()], sure])
    right = np.concatenate([[1.0, 0.0], right])
    curve = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(sure, right)
    return np.asarray(curve.predict(np.asarray(confidence, dtype=np.float64)), dtype=np.float64)
