"""Metrics that are means over rows: accuracy, top-k, log-loss, Brier score, and those of label sets.

Only rows of a chosen class count. Where several labels may hold, only the chosen columns do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from evenhand.base.values import Floats, Ints
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.core.metric import Components, Metric, Numbered
from evenhand.evaluation.core.row_sums import RowSums, means, ratio
from evenhand.evaluation.metrics import METRICS
from evenhand.evaluation.metrics.counts import plain

PerRow = Callable[[EvaluatedRows, Ints], Floats]


def _features(of: PerRow, rows: EvaluatedRows, chosen: Ints) -> RowSums:
    return means(of(rows, chosen), np.flatnonzero(counting_rows(rows, chosen)))


def counting_rows(rows: EvaluatedRows, chosen: Ints) -> Floats:
    """Return (n,) 1 for rows that count: with several labels per row also those without any label.

    A row of which no chosen label is known does not.
    """
    if rows.masked:
        return np.asarray(rows.known[:, chosen].any(axis=1), dtype=np.float64)
    return np.ones(len(rows)) if rows.several else plain(rows, chosen)


def _cells(rows: EvaluatedRows, chosen: Ints) -> Floats:
    """Return (n,) the share of its chosen labels by which a row counts: that of the known ones."""
    return known_share(rows, chosen) if rows.masked else counting_rows(rows, chosen)


def known_share(rows: EvaluatedRows, chosen: Ints) -> Floats:
    """Return (n,) the share of the chosen labels of each row that are known; 1 where no label is unknown."""
    return np.asarray(rows.known[:, chosen].mean(axis=1))


def _mean_of_cells(of: PerRow, rows: EvaluatedRows, chosen: Ints) -> RowSums:
    """Return features of a mean over labels: every known label of every row counts alike."""
    if not rows.masked:
        return _features(of, rows, chosen)
    value, share = of(rows, chosen), known_share(rows, chosen)
    at = np.flatnonzero(share)
    zeros = np.zeros_like(at)
    return RowSums(
        shape=(len(rows), 2),
        row=np.concatenate([at, at]),
        column=np.concatenate([zeros, zeros + 1]),
        value=np.concatenate([value[at], share[at]]),
    )


def _known_mean(rows: EvaluatedRows, chosen: Ints, cells: Floats) -> Floats:
    """Return (n,) the sum of (n, c) numbers over the known of the chosen labels, over how many are chosen."""
    return np.asarray((np.where(rows.known[:, chosen], cells, 0.0) if rows.masked else cells).mean(axis=1))


def _mean(statistics: Floats, _chosen: Ints) -> Floats:
    return ratio(statistics[0], statistics[1])


def right(rows: EvaluatedRows, chosen: Ints) -> Floats:
    """Return (n,) 1 where every known label of the row is predicted correctly, else 0."""
    if rows.several:
        wrong = (rows.held[:, chosen] != rows.claimed[:, chosen]).any(axis=1)
        return np.asarray(~wrong, dtype=np.float64)
    return np.asarray(rows.predicted == rows.truth, dtype=np.float64)


def within_top(count: int, rows: EvaluatedRows, _chosen: Ints) -> Floats:
    """Return (n,) 1 where the truth is among the `count` most probable classes, else 0.

    Ties are broken in the order of the classes, as in `EvaluatedRows.predicted`, so that top-1 is accuracy.
    """
    own = rows.probabilities[np.arange(len(rows)), rows.truth][:, None]
    above = (rows.probabilities > own).sum(axis=1)
    earlier = np.arange(rows.k) < rows.truth[:, None]
    return np.asarray(above + ((rows.probabilities == own) & earlier).sum(axis=1) < count, dtype=np.float64)


def loss(rows: EvaluatedRows, chosen: Ints) -> Floats:
    """Return (n,) minus the natural logarithm of the probability given to the truth.

    With several labels: the binary cross-entropy, summed over the known ones of the chosen labels and divided by
    the number of chosen ones; a truth between 0 and 1 is taken as it is. Probabilities are clipped to
    [eps, 1 - eps], the precision of their dtype (2.2e-16 for float64).
    """
    least = rows.smallest
    if rows.several:
        p = np.clip(rows.probabilities[:, chosen].astype(np.float64), least, 1 - least)
        y = rows.truth[:, chosen]
        return _known_mean(rows, chosen, -(y * np.log(p) + (1 - y) * np.log1p(-p)))
    own = rows.probabilities[np.arange(len(rows)), rows.truth].astype(np.float64)
    return np.asarray(-np.log(np.clip(own, least, 1 - least)))


def squared_error(rows: EvaluatedRows, chosen: Ints) -> Floats:
    """Return (n,) the squared distance between probabilities and truth (Brier 1950).

    Summed over all k classes (0..2); with several labels averaged over the chosen labels (0..1), see `loss`.
    """
    p = rows.probabilities.astype(np.float64, copy=False)
    if rows.several:
        return _known_mean(rows, chosen, (p[:, chosen] - rows.truth[:, chosen]) ** 2)
    own = p[np.arange(len(rows)), rows.truth]
    # The square of (p - truth) multiplied out, which needs no one-hot matrix of the truth.
    return np.asarray((p**2).sum(axis=1) - 2 * own + 1)


def wrong_labels(rows: EvaluatedRows, chosen: Ints) -> Floats:
    """Return (n,) the share of the chosen labels that are known, and predicted wrongly."""
    return np.asarray((rows.held[:, chosen] != rows.claimed[:, chosen]).mean(axis=1))


def loss_if_wrong(rows: EvaluatedRows, chosen: Ints) -> Floats:
    """Return (n,) the `loss` if the second most probable class were true; of several labels, if one were wrong."""
    least = rows.smallest
    if rows.several:
        p = np.clip(rows.probabilities[:, chosen].astype(np.float64), least, 1 - least)
        # One wrong label of the row, whose loss is a mean over its labels.
        return np.asarray(-np.log(np.minimum(p, 1 - p)).mean(axis=1) / len(chosen))
    return np.asarray(-np.log(np.clip(_second(rows), least, 1 - least)))


def squared_error_if_wrong(rows: EvaluatedRows, chosen: Ints) -> Floats:
    """Return (n,) the `squared_error` under the same assumption as `loss_if_wrong`."""
    p = rows.probabilities.astype(np.float64, copy=False)
    if rows.several:
        part = p[:, chosen]
        return np.asarray((np.maximum(part, 1 - part) ** 2).mean(axis=1) / len(chosen))
    return np.asarray((p**2).sum(axis=1) - 2 * _second(rows) + 1)


def _second(rows: EvaluatedRows) -> Floats:
    """Return (n,) the second largest probability; 0 for a single class."""
    if rows.k < 2:
        return np.zeros(len(rows))
    return np.asarray(np.partition(rows.probabilities, -2, axis=1)[:, -2].astype(np.float64))


def _once(value: Callable[[Floats, Ints], Floats], statistics: Floats, chosen: Ints) -> Floats:
    return value(statistics, chosen)[None]


def counting(rows: EvaluatedRows, chosen: Ints) -> sp.csr_array[Any]:
    """Return (n, 1) 1 for rows that count."""
    return sp.csr_array(counting_rows(rows, chosen)[:, None])


def _cell_counts(rows: EvaluatedRows, chosen: Ints) -> sp.csr_array[Any]:
    """Return (n, 1) the share of each row that counts."""
    return sp.csr_array(_cells(rows, chosen)[:, None])


SHARE = Components(partial(_once, _mean), counting)


def _top(count: int) -> Metric:
    description = f"Share of rows whose class is among the {count} most probable."
    return Metric(
        description, partial(_features, partial(within_top, count)), _mean, counting_rows, labels="one", parts=SHARE
    )


METRICS.register("accuracy")(
    Metric("Share of rows that are right; of several labels, all of them.", partial(_features, right), _mean,
           counting_rows, parts=SHARE)
)  # fmt: skip
METRICS.register("top_k")(Numbered("Share of rows whose class is among the k most probable.", _top))
METRICS.register("log_loss")(
    Metric("Mean of minus the logarithm of the probability given to the truth.", partial(_mean_of_cells, loss),
           _mean, _cells, higher_is_better=False, upper_bound=np.inf, cost=loss_if_wrong,
           takes_degrees=True)
)  # fmt: skip
METRICS.register("brier")(
    Metric("Mean squared distance between probabilities and truth.", partial(_mean_of_cells, squared_error), _mean,
           _cells, higher_is_better=False, upper_bound=2.0, cost=squared_error_if_wrong,
           takes_degrees=True)
)  # fmt: skip
METRICS.register("subset_accuracy")(
    Metric("Share of rows whose labels are all right.", partial(_features, right), _mean, counting_rows,
           labels="several", parts=SHARE)
)  # fmt: skip
METRICS.register("hamming")(
    Metric("Share of single labels that are wrong.", partial(_mean_of_cells, wrong_labels), _mean, _cells,
           labels="several", higher_is_better=False, parts=replace(SHARE, rows=_cell_counts, kind="mean"))
)  # fmt: skip
