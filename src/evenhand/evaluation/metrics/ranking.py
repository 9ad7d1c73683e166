"""Ranking metrics: each class against all others, by how its probability sorts the rows.

For each class the rows fall into slots between its own (positive) rows, in ascending probability. The numbers of
positive and negative rows in each slot determine both metrics, exactly and with ties; so a replicate is again a set
of sums, and nothing is sorted again.

A class without rows is left out of the average, and for the ROC area also one to which every row belongs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from evenhand.base.values import Floats, Ints, Mask
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.core.metric import Components, Metric
from evenhand.evaluation.core.row_sums import RowSums, mean_of_known, ratio
from evenhand.evaluation.metrics import METRICS
from evenhand.evaluation.metrics.counts import even, held


@dataclass(frozen=True)
class _Slots:
    """The layout of the sums: s distinct probabilities of positive rows over all classes.

    Attributes
    ----------
    start
        (k + 1,) boundaries of the classes among the s.
    """

    start: Ints

    def of_others(self) -> tuple[Ints, Ints]:
        """Return for each of the s the slot of negatives tied with it, and the first slot of its class."""
        # A class with u distinct positive probabilities has 2u + 1 slots of negatives: below the first, tied with
        # it, between first and second, and so on, hence the factors of two.
        sizes = np.diff(self.start)
        cls = np.repeat(np.arange(len(sizes)), sizes)
        first = self.start[:-1] * 2 + np.arange(len(sizes))
        within = np.arange(self.start[-1]) - self.start[cls]
        return first[cls] + 2 * within + 1, first[cls]

    def finish(self, sums: Floats) -> Floats:
        """Return (2k, b): the area under the ROC curve of each class, then its average precision."""
        # The first s sums are of positive rows, in ascending score within each class; then come the slots of
        # negatives.
        s = int(self.start[-1])
        own, others = sums[:s], sums[s:]
        tied_at, first = self.of_others()
        ends = self.start[1:] * 2 + np.arange(1, len(self.start))
        running = np.concatenate([np.zeros((1, sums.shape[1])), np.cumsum(others, axis=0)])
        below, tied = running[tied_at] - running[first], others[tied_at]
        all_others = running[ends] - running[ends - 2 * np.diff(self.start) - 1]
        positives = self._per_class(own)
        # The Mann-Whitney statistic over the number of pairs: a tie counts half.
        area = ratio(self._per_class(own * (below + 0.5 * tied)), positives * all_others)
        precision = self._precision(own, np.repeat(all_others, np.diff(self.start), axis=0) - below)
        average = ratio(self._per_class(own * precision), positives)
        return np.concatenate([area, average])

    def _precision(self, own: Floats, others_from: Floats) -> Floats:
        """Return (s, b) the precision at each threshold."""
        upto = np.concatenate([np.zeros((1, own.shape[1])), np.cumsum(own, axis=0)])
        last = np.repeat(self.start[1:], np.diff(self.start))
        own_from = upto[last] - upto[:-1]
        # A threshold above all rows of a replicate has no precision, and no positives either, so its weight is 0.
        return np.nan_to_num(ratio(own_from, own_from + others_from))

    def _per_class(self, values: Floats) -> Floats:
        """Return (k, b) sums of (s, b) values over each class."""
        out = np.zeros((len(self.start) - 1, values.shape[1]))
        filled = np.flatnonzero(np.diff(self.start))
        # For an empty segment `reduceat` returns the next element instead of 0, so classes without positives are
        # skipped.
        if len(filled):
            out[filled] = np.add.reduceat(values, self.start[filled], axis=0)
        return out


def order(rows: EvaluatedRows, _chosen: Ints) -> RowSums:
    """Return features whose statistics are the ROC area and the average precision of each class: (2k,)."""
    return rows.once("order", partial(_order, rows))


def _order(rows: EvaluatedRows) -> RowSums:
    every = np.arange(len(rows))
    # Of a class with unknown labels, the rows where it is known are sorted.
    at = [np.flatnonzero(rows.known[:, c]) if rows.masked else every for c in range(rows.k)]
    return ordered(len(rows), [(own, rows.probabilities[own, c], rows.held[own, c]) for c, own in enumerate(at)])


def ordered(n: int, problems: Sequence[tuple[Ints, Floats, Mask]]) -> RowSums:
    """Return features whose statistics are the ROC area of each binary problem, then its average precision: (2c,).

    Parameters
    ----------
    n
        Number of rows.
    problems
        For each of c problems the rows of its cells, their scores, and whether each is positive; a row may have
        several cells, or none.
    """
    places = [_placed(score, own) for _, score, own in problems]
    start = np.concatenate([[0], np.cumsum([size for size, _ in places])]).astype(np.int64)
    total = int(start[-1])
    # Slots of negatives follow all s of positives; the problems before c have 2 * start[c] + c of them.
    column = [
        np.where(own, start[c] + slot, total + 2 * start[c] + c + slot)
        for c, ((_, _, own), (_, slot)) in enumerate(zip(problems, places, strict=True))
    ]
    shape = (n, 3 * total + len(problems))
    row = np.concatenate([row for row, _, _ in problems])
    return RowSums(shape, row, np.concatenate(column), finish=_Slots(start).finish)


def _placed(score: Floats, own: Mask) -> tuple[int, Ints]:
    """Return the number of distinct scores among positive rows, and (n,) the slot of each row.

    Positive rows: the rank of their score. Others: 2r between ranks r - 1 and r, 2r + 1 if tied with rank r.
    """
    distinct = np.unique(score[own])
    left = np.searchsorted(distinct, score, side="left")
    right = np.searchsorted(distinct, score, side="right")
    # Between two ranks both searches return r, and on a tie r and r + 1: the sum is 2r or 2r + 1.
    return len(distinct), np.where(own, left, left + right)


def _areas(statistics: Floats, chosen: Ints) -> Floats:
    return statistics[chosen]


def _precisions(statistics: Floats, chosen: Ints) -> Floats:
    return statistics[len(statistics) // 2 + chosen]


def _mean(of: Callable[[Floats, Ints], Floats], statistics: Floats, chosen: Ints) -> Floats:
    return mean_of_known(of(statistics, chosen))


METRICS.register("roc_auc")(
    Metric("Mean over classes of the area under the ROC curve, the class against all others.", order,
           partial(_mean, _areas), even, parts=Components(_areas, held, kind="area"), chance=0.5)
)  # fmt: skip
METRICS.register("average_precision")(
    Metric("Mean over classes of the average precision, the class against all others.", order,
           partial(_mean, _precisions), even, parts=Components(_precisions, held, kind="mean"))
)  # fmt: skip
