"""The mean of a number per row, such as correctness, as a measure for the bootstrap."""

from __future__ import annotations

from functools import partial

import numpy as np
import scipy.sparse as sp

from evenhand.base.values import Floats, Interval, Ints, Mask, Predictions
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows, rows_of
from evenhand.evaluation.core.metric import Components, Measure, Metric, measure
from evenhand.evaluation.core.row_sums import RowSums, means, ratio
from evenhand.evaluation.figures.evaluate import intervals


def right_rows(rows: EvaluatedRows) -> Mask:
    """Return (n,) bool: rows whose predicted class is the true one (all labels, where several may hold)."""
    if rows.several:
        return np.asarray((rows.held == rows.claimed).all(axis=1))
    return np.asarray(rows.predicted == rows.truth)


def share(
    values: Floats | Mask, p: Predictions, *, draws: int = 2000, level: float = 0.95, seed: int = 0
) -> Interval:
    """Return the mean of a number in 0..1 per row, with its interval over the groups of `p`.

    Parameters
    ----------
    values
        (n,) in 0..1, one for each row of `p`; the truth of every row must be known.
    draws, level, seed
        As in `evaluate`.

    Examples
    --------
    >>> p = Predictions(np.array(["a", "b"], dtype=object), ("x", "y"), np.eye(2), np.array([0, 1]))
    >>> share(np.array([1.0, 1.0]), p).estimate
    1.0
    """
    return intervals([_measure(np.asarray(values, float), rows_of(p))], p, draws=draws, level=level, seed=seed)[0]


def _measure(values: Floats, rows: EvaluatedRows) -> Measure:
    # Limits of a share are exact for 0/1 values only; other values vary less and are treated as a mean.
    share = bool(((values == 0) | (values == 1)).all())
    parts = Components(
        _alone, lambda rows, _: sp.csr_array(np.ones((len(rows), 1))), kind="share" if share else "mean"
    )
    metric = Metric("Mean of a number per row.", partial(_features, values), _mean, _every, parts=parts)
    return measure(metric, rows, np.arange(rows.k))


def _features(values: Floats, _rows: EvaluatedRows, _chosen: Ints) -> RowSums:
    return means(values, np.arange(len(values)))


def _mean(statistics: Floats, _chosen: Ints) -> Floats:
    return ratio(statistics[0], statistics[1])


def _alone(statistics: Floats, chosen: Ints) -> Floats:
    return _mean(statistics, chosen)[None]


def _every(rows: EvaluatedRows, _chosen: Ints) -> Floats:
    return np.ones(len(rows))
