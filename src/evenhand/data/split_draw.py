"""Random tests in whole groups: every class gives its share, and groups of all sizes are as likely to be drawn.

Groups are looked at from the largest to the smallest, and each is drawn with a chance that makes up for what was
drawn too much or too little of its classes so far: a biased coin (Efron 1971), as in sequential balanced sampling.
At the first group the chance is the fraction asked for; the many small groups at the end even out what is left.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Floats, Ints, Mask
from evenhand.data.split_greedy import equal_rows

Masks = npt.NDArray[np.bool_]
_AT_ONCE = 4_000_000
"""Cells (draw, group) that are worked on at once."""


def draw_groups(counts: Floats, rows: Floats, fraction: float, rng: np.random.Generator, *,
                draws: int = 1, row_weight: float = 0.3) -> Masks:  # fmt: skip
    """Return (draws, g), which groups each of several independent drawings takes; at least one each.

    Parameters
    ----------
    counts
        (g, k) rows of each class in each group.
    rows
        (g,) rows of each group, positive.
    fraction
        Share of every class that is wanted, in (0, 1).
    row_weight
        What the number of rows counts beside one class.
    """
    shares = counts / np.maximum(counts.sum(axis=0), 1e-12)
    free = np.flatnonzero(~too_large(shares, fraction))
    vectors = np.column_stack([shares, row_weight * rows / rows.sum()])
    available = vectors[free].sum(axis=0)
    rate = np.minimum(fraction * vectors.sum(axis=0) / np.maximum(available, 1e-12), 1.0)
    first, kind, copies = equal_rows(vectors[free])
    out = np.zeros((draws, len(rows)), dtype=bool)
    step = max(1, _AT_ONCE // len(free))
    for start in range(0, draws, step):
        part = slice(start, min(start + step, draws))
        taken = _amounts(vectors[free][first], copies, rate, rng, part.stop - part.start)
        out[part, free] = _members(taken, kind, rng)
    empty = np.flatnonzero(~out.any(axis=1))
    out[empty, free[rng.integers(0, len(free), len(empty))]] = True
    return out


def too_large(shares: Floats, fraction: float, *, spare: float = 1.5) -> Mask:
    """Return (g,), which groups stay out of a test because they would hold most of a class in it.

    That is more than half of what the test should get of a class, if the groups that are left hold `spare` times
    as much as the test needs of it; if they do not, more than all of it; and in any case most of the whole class.

    Parameters
    ----------
    shares
        (g, k) share of each class that a group holds.

    Examples
    --------
    Of a class in ten groups one holds more than half of the fifth that is wanted:

    >>> too_large(np.array([[0.19]] + [[0.09]] * 9), 0.2).tolist()
    [True, False, False, False, False, False, False, False, False, False]
    """
    out = np.zeros(len(shares), dtype=bool)
    for most, needed in ((0.5, 1e-12), (fraction, spare * fraction), (fraction / 2, spare * fraction)):
        if most > 0.5:
            continue
        over = shares > most + 1e-9
        out |= (over & (np.where(over, 0.0, shares).sum(axis=0) >= needed)).any(axis=1)
    return np.zeros(len(shares), dtype=bool) if out.all() else out


def _amounts(vectors: Floats, copies: Ints, rate: Floats, rng: np.random.Generator, draws: int) -> Ints:
    """Return (draws, kinds) int64, how many groups of each kind are taken.

    `due` is the share of each class that should have been taken by now, less what was; a kind takes as many as
    bring it nearest to zero, rounded up or down by chance.
    """
    square = (vectors**2).sum(axis=1)
    key = vectors.max(axis=1).round(12) + np.zeros((draws, 1))
    order = np.lexsort((rng.random(key.shape), -key))
    due = np.zeros((draws, vectors.shape[1]))
    taken = np.zeros((draws, len(vectors)), dtype=np.int64)
    at = np.arange(draws)
    for turn in order.T:
        vector = vectors[turn]
        due += copies[turn, None] * rate * vector
        wanted = (due * vector).sum(axis=1) / square[turn]
        amount = np.floor(wanted + rng.random(draws)).clip(0, copies[turn])
        due -= amount[:, None] * vector
        taken[at, turn] = amount
    return taken


def _members(taken: Ints, kind: Ints, rng: np.random.Generator) -> Masks:
    """Return (draws, g), which groups are taken where so many of their kind are: each of a kind as likely."""
    by_kind = np.argsort(kind, kind="stable")
    sizes = np.bincount(kind)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    shuffled = np.lexsort(
        (rng.random((len(taken), len(kind))), np.broadcast_to(kind[by_kind], (len(taken), len(kind))))
    )
    rank = np.empty_like(shuffled)
    np.put_along_axis(rank, shuffled, np.broadcast_to(np.arange(len(kind)) - starts, shuffled.shape), axis=1)
    out = np.empty(rank.shape, dtype=bool)
    out[:, by_kind] = rank < taken[:, kind[by_kind]]
    return out
