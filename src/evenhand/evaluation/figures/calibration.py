"""Confidence of predictions: the reliability curve, and the accuracy to expect from a confidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.isotonic import IsotonicRegression

from evenhand.base.values import Floats, Predictions
from evenhand.evaluation.core.bins import BINS, bin_of, edges
from evenhand.evaluation.core.evaluated_rows import rows_of
from evenhand.evaluation.figures.evaluate import labelled
from evenhand.evaluation.figures.row_share import right_rows
from evenhand.evaluation.metrics.calibration_error import decisions

LEAST_WHOLE = 30
"""Minimum number of rows whose labels are all known, for these alone to tell how often rows are right."""


@dataclass(frozen=True)
class Bin:
    """Decisions of similar confidence.

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
    """Return the decisions in at most `bins` bins of about equal mass, the least confident first.

    The calibration error is the mean over bins of |confidence - accuracy|, weighted by n, minus its expectation
    under perfect calibration (`metrics.calibration_error`).
    """
    rows = rows_of(labelled(p))
    _, confidence, truth = decisions(rows, np.arange(rows.k))
    into = bin_of(confidence, edges(confidence, bins))
    out = []
    for number in np.unique(into):
        sure, right = confidence[into == number], truth[into == number]
        means = float(sure.mean()), float(right.mean())
        out.append(Bin(float(sure.min()), float(sure.max()), *means, len(sure)))
    return out


def row_confidence(probabilities: Floats, *, several: bool = False) -> Floats:
    """Return (n,) confidence of rows: the probability of the predicted class, or of the least certain label.

    With several labels, the decision on a label has the probability p if it is predicted, otherwise 1 - p.

    >>> row_confidence(np.array([[0.9, 0.6, 0.2]]), several=True).tolist()
    [0.6]
    """
    if not several:
        return np.asarray(probabilities.max(axis=1))
    return np.asarray(np.maximum(probabilities, 1.0 - probabilities).min(axis=1))


def expected_accuracy(confidence: Floats, held_out: Predictions) -> Floats:
    """Return (n,) the accuracy of held-out rows with the confidence of each of these rows.

    Isotonic regression of correctness on confidence (Zadrozny & Elkan 2002), so accuracy never falls with
    confidence. A pseudo-row that is right at the lowest confidence and one that is wrong at the highest keep the
    result away from 0 and 1.

    Parameters
    ----------
    confidence
        (n,) of rows, from `row_confidence`.
    held_out
        Held-out predictions of the same model. Where several labels may hold, a row is right if all of them are;
        rows of which all are known are used, if there are `LEAST_WHOLE`.
    """
    p = labelled(held_out)
    whole = np.asarray(rows_of(p).known.all(axis=1))
    if p.multi_label and whole.sum() >= LEAST_WHOLE:
        p = p.take(whole)  # a row with unknown labels is right more easily than a new one, of which all count
    sure = row_confidence(p.probabilities, several=p.multi_label)
    right = right_rows(rows_of(p)).astype(np.float64)
    # One pseudo-row at each end: isotonic regression would otherwise give 0 or 1 from the few rows there.
    sure = np.concatenate([[sure.min(), sure.max()], sure])
    right = np.concatenate([[1.0, 0.0], right])
    curve = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(sure, right)
    return np.asarray(curve.predict(np.asarray(confidence, dtype=np.float64)), dtype=np.float64)
