"""Confused pairs of classes, and rows on which one of a pair leads the other narrowly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evenhand.base.values import Floats, Ints, Mask


@dataclass(frozen=True)
class PairGate:
    """The margin below which an expert decides, and its effect on held-out rows.

    Attributes
    ----------
    width
        Rows with a smaller margin between the two likeliest classes go to the expert; 0 for none.
    applied, changed
        Number of such rows, and of those whose prediction changes.
    right_before, right_after
        Number of correct ones among `applied`.
    """

    width: float
    applied: int = 0
    changed: int = 0
    right_before: int = 0
    right_after: int = 0

    @property
    def gain(self) -> int:
        """The net gain in correct rows."""
        return self.right_after - self.right_before


def confused(predicted: Ints, truth: Ints, *, most: int, least: int) -> list[tuple[int, int]]:
    """Return the pairs of classes with the most errors between them, in either direction.

    Parameters
    ----------
    predicted, truth
        (n,) class indices of held-out rows.
    most, least
        Maximum number of pairs, and minimum number of errors of a pair.

    >>> confused(np.array([1, 0, 0, 2]), np.array([0, 1, 0, 0]), most=5, least=2)
    [(0, 1)]
    """
    wrong = predicted != truth
    ends = np.sort(np.stack([predicted[wrong], truth[wrong]], axis=1), axis=1)
    pairs, counts = np.unique(ends, axis=0, return_counts=True)
    order = [at for at in np.argsort(-counts, kind="stable") if counts[at] >= least]
    return [(int(pairs[at, 0]), int(pairs[at, 1])) for at in order[:most]]


def leading(table: Floats) -> tuple[Ints, Floats]:
    """Return (n, 2) the two likeliest classes, the lower index first, and (n,) the margin between them."""
    top = np.argsort(-table, axis=1, kind="stable")[:, :2]
    rows = np.arange(len(table))
    margin = table[rows, top[:, 0]] - table[rows, top[:, 1]]
    return np.sort(top, axis=1), np.asarray(margin)


def between(table: Floats, pair: Sequence[int]) -> tuple[Mask, Floats]:
    """Return (n,) bool, whether the two likeliest classes are the pair, and (n,) the margin."""
    top, margin = leading(table)
    return np.asarray((top == np.asarray(pair)).all(axis=1)), margin


def tuned(margin: Floats, before: Mask, after: Mask, changed: Mask, *, widest: float, least_gain: int) -> PairGate:
    """Return the gate with the largest gain; closed (width 0) if that is below `least_gain` rows.

    Parameters
    ----------
    margin
        (e,) of the held-out rows between the pair.
    before, after
        (e,) whether each is right without and with the expert.
    changed
        (e,) whether the prediction changes.
    widest
        Maximum width of the gate.
    """
    order = np.argsort(margin, kind="stable")
    order = order[margin[order] < widest]
    gained = np.cumsum(after[order].astype(int) - before[order].astype(int))
    if not len(gained) or gained.max() < least_gain:
        return PairGate(0.0)
    last = int(gained.argmax())
    # Half way to the next row, so that the gate does not depend on the last digit of a margin.
    following = margin[order[last + 1]] if last + 1 < len(order) else widest
    width = float((margin[order[last]] + following) / 2)
    # Rows of equal margin: at least just above the last one, which must stay inside the gate.
    return opened_at(max(width, float(np.nextafter(margin[order[last]], 1))), margin, before, after, changed)


def opened_at(width: float, margin: Floats, before: Mask, after: Mask, changed: Mask) -> PairGate:
    """Return a gate of a given width, with its effect on these rows."""
    rows = margin < width
    counts = (rows.sum(), (changed & rows).sum(), (before & rows).sum(), (after & rows).sum())
    return PairGate(width, *(int(count) for count in counts))
