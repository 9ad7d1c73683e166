"""The calibration error: how far confidence and accuracy differ."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats, Ints
from evenhand.evaluation.bins import BINS, bin_of, edges
from evenhand.evaluation.features import Features, ratio
from evenhand.evaluation.metric import Metric
from evenhand.evaluation.metrics import METRICS
from evenhand.evaluation.rows import Rows


def _features(rows: Rows, chosen: Ints) -> Features:
    """Return features whose sums are confidence minus truth in each bin, then the number of judgements."""
    row, confidence, truth = judgements(rows, chosen)
    into = bin_of(confidence, edges(confidence))
    return Features(
        shape=(len(rows), BINS + 1),
        row=np.concatenate([row, row]),
        column=np.concatenate([into, np.full(len(row), BINS)]),
        value=np.concatenate([confidence - truth, np.ones(len(row))]),
    )


def judgements(rows: Rows, chosen: Ints) -> tuple[Ints, Floats, Floats]:
    """Return row, confidence and truth (0..1) of every judgement.

    With one label a row: the predicted class, for rows where it is a chosen one. With several: every chosen label
    of every row.
    """
    if rows.several:
        row = np.repeat(np.arange(len(rows)), len(chosen))
        return row, rows.probabilities[:, chosen].ravel().astype(np.float64), rows.truth[:, chosen].ravel()
    row = np.flatnonzero(np.isin(rows.predicted, chosen))
    confidence = rows.probabilities[row, rows.predicted[row]].astype(np.float64)
    return row, confidence, (rows.predicted[row] == rows.truth[row]).astype(np.float64)


def _value(statistics: Floats, _chosen: Ints) -> Floats:
    return ratio(np.abs(statistics[:-1]).sum(axis=0), statistics[-1])


def _base(rows: Rows, chosen: Ints) -> Floats:
    row, _, _ = judgements(rows, chosen)
    return np.bincount(row, minlength=len(rows)).astype(np.float64)


METRICS.register("calibration_error")(
    Metric(f"Mean gap between confidence and accuracy over {BINS} bins of equal mass.", _features, _value, _base,
           higher_is_better=False)
)  # fmt: skip
