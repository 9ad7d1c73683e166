"""Ranking metrics: each class against all others, by how its probability sorts the rows.

For each class the rows fall into slots between its own (positive) rows, in ascending probability. The numbers of
positive and negative rows in each slot determine both metrics, exactly and with ties; so a replicate is again a set
of sums, and nothing is sorted again.

A class without rows is left out of the average, and for the ROC area also one to which every row belongs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from evenhand.base.values import Floats, Ints, Mask
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.core.metric import Components, Metric
from evenhand.evaluation.core.row_sums import RowSums, mean_of_known, ratio
from evenhand.evaluation.metrics import METRICS
from evenhand.evaluation.metrics.counts import even, held


class _PrefixSums:
    """Sums of all rows before each of m, for (m, b) sums of b replicates.

    `numpy.cumsum` adds along a column one number after another. Here rows are laid out so that row i of all blocks
    lie side by side: as many additions, but of long vectors, and several times as fast. Exact for whole numbers.

    Attributes
    ----------
    place
        (m + 1,) where row i - 1 lies, and afterwards the sum of the rows before i; place[0] holds a 0.
    size
        Rows of the layout.
    """

    def __init__(self, m: int, *, most: int = 64) -> None:
        self._length = min(most, int((m + 1) ** 0.5))  # rows of a block
        self._blocks = -(-(m + 1) // self._length)
        self.size = self._length * self._blocks
        at = np.arange(m + 1)
        self.place = at % self._length * self._blocks + at // self._length

    def add_up(self, values: Floats) -> None:
        """Replace (size, b) values in this layout by the sums."""
        block = values.reshape(self._length, self._blocks, -1)
        for row in range(1, self._length):
            block[row] += block[row - 1]
        block[:, 1:] += np.cumsum(block[-1, :-1], axis=0)


class _Slots:
    """The layout of the sums: s distinct probabilities of positive rows over all classes.

    Parameters
    ----------
    start
        (k + 1,) boundaries of the classes among the s.

    Attributes
    ----------
    size
        Number of sums.
    """

    def __init__(self, start: Ints) -> None:
        # What does not depend on the sums is computed here: `finish` is called thousands of times.
        s, k = int(start[-1]), len(start) - 1
        self._s, self._start, self._sizes = s, start, np.diff(start)
        self._filled = np.flatnonzero(self._sizes)
        self._cls = np.repeat(np.arange(k), self._sizes)
        self._upto, self._before = _PrefixSums(s), _PrefixSums(2 * s + k)
        self._end = self._upto.place[start[1:]][self._cls]
        # A class with u distinct positive probabilities has 2u + 1 slots of negatives: below the first, tied with
        # it, between first and second, and so on, hence the factors of two.
        first = start[:-1] * 2 + np.arange(k)
        tied = first[self._cls] + 2 * (np.arange(s) - start[self._cls]) + 1
        place = self._before.place
        self._first, self._last = place[first], place[first + 2 * self._sizes + 1]
        self._below, self._upto_tied = place[tied], place[tied + 1]
        self.size = s + self._before.size

    def columns(self, c: int, own: Mask, slot: Ints) -> Ints:
        """Return (n,) which sum the rows of a class belong to, by their `_placed` slots."""
        others = self._s + self._before.place[np.where(own, 0, 2 * self._start[c] + c + slot) + 1]
        return np.asarray(np.where(own, self._start[c] + slot, others))

    def finish(self, sums: Floats) -> Floats:
        """Return (2k, b): the area under the ROC curve of each class, then its average precision."""
        # The first s sums are of positive rows, in ascending score within each class; then come the slots of
        # negatives. `take` is several times as fast as an index in brackets.
        own, before = sums[: self._s], sums[self._s :].copy()
        self._before.add_up(before)
        below = before.take(self._below, axis=0)
        first, last = before.take(self._first, axis=0), before.take(self._last, axis=0)
        positives, all_others = self._per_class(own), last - first
        # The Mann-Whitney statistic over the number of pairs: a tie counts half.
        won = before.take(self._upto_tied, axis=0)
        won += below
        won *= own
        area = ratio(0.5 * self._per_class(won) - first * positives, positives * all_others)
        # The rows from a threshold up are those of the class less those before it.
        upto = np.zeros((self._upto.size, sums.shape[1]))
        upto[self._upto.place[1:]] = own
        self._upto.add_up(upto)
        own_from = upto.take(self._end, axis=0)
        own_from -= upto.take(self._upto.place[:-1], axis=0)
        all_from = last.take(self._cls, axis=0)
        all_from -= below
        all_from += own_from
        # A threshold above all rows of a replicate has no precision, and no positives either, so its weight is 0.
        np.maximum(all_from, 1.0, out=all_from)
        own_from /= all_from
        own_from *= own
        return np.concatenate([area, ratio(self._per_class(own_from), positives)])

    def _per_class(self, values: Floats) -> Floats:
        """Return (k, b) sums of (s, b) values over each class."""
        out = np.zeros((len(self._sizes), values.shape[1]))
        # For an empty segment `reduceat` returns the next element instead of 0, so classes without positives are
        # skipped.
        if len(self._filled):
            out[self._filled] = np.add.reduceat(values, self._start[self._filled], axis=0)
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
    slots = _Slots(start)
    column = [
        slots.columns(c, own, slot) for c, ((_, _, own), (_, slot)) in enumerate(zip(problems, places, strict=True))
    ]
    row = np.concatenate([row for row, _, _ in problems])
    return RowSums((n, slots.size), row, np.concatenate(column), finish=slots.finish)


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
