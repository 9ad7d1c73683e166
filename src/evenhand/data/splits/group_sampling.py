"""Random tests of whole groups: every class contributes its share, and groups of all sizes are equally likely.

Groups are visited from large to small, those of about the same size in random order, and each is taken with a
probability that compensates for what was taken too much or too little of its classes so far: a biased coin (Efron
1971), as in sequential balanced sampling. As in Efron's design the bias is bounded: a group's probability stays
within `BIAS` times the nominal one, so that no group is in every test or in none, however many classes are
balanced.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Floats, Ints, Mask
from evenhand.data.splits.assignment.greedy import group_equal_rows

Masks = npt.NDArray[np.bool_]
METHOD = "whole groups by a bounded biased coin"
"""Name of this method in the record; a test sampled by another method is not comparable with its samples."""
BIAS = (0.1, 3.0)
"""Smallest and largest probability of a group relative to the nominal one, before clipping to 0..1."""
RAISED = 1.6
"""Largest factor on the probability of the groups of a class, to compensate for excluded ones."""
_AT_ONCE = 4_000_000
"""Cells (sample, group) processed at once, which bounds the memory."""


def sample_groups(counts: Floats, rows: Floats, fraction: float, rng: np.random.Generator, *,
                count: int = 1, row_weight: float = 0.3) -> Masks:  # fmt: skip
    """Return (count, g) bool, the groups of several independent samples; each has at least one.

    Parameters
    ----------
    counts
        (g, k) rows of each class in each group.
    rows
        (g,) rows of each group, positive.
    fraction
        Share of every class to sample, in (0, 1).
    row_weight
        Weight of the number of rows relative to one class.
    """
    shares = counts / np.maximum(counts.sum(axis=0), 1e-12)
    free = np.flatnonzero(~too_large(shares, rows, fraction))
    vectors = np.column_stack([shares, row_weight * rows / rows.sum()])
    # The other groups make up for what is excluded, up to a factor: few of them would else be in most tests.
    left = np.maximum(vectors[free].sum(axis=0), 1e-12) / np.maximum(vectors.sum(axis=0), 1e-12)
    rate = fraction * np.minimum(1.0 / left, min(RAISED, 1.0 / fraction))
    first, kind, copies = group_equal_rows(vectors[free])
    out = np.zeros((count, len(rows)), dtype=bool)
    step = max(1, _AT_ONCE // len(free))
    for start in range(0, count, step):
        part = slice(start, min(start + step, count))
        taken = _amounts(vectors[free][first], copies, rate, rng, part.stop - part.start)
        out[part, free] = _members(taken, kind, rng)
    # a small fraction of few groups may come out as none
    empty = np.flatnonzero(~out.any(axis=1))
    out[empty, free[rng.integers(0, len(free), len(empty))]] = True
    return out


def too_large(
    shares: Floats,
    rows: Floats,
    fraction: float,
    *,
    most_out: float = 0.15,
    most_of_class: float = 0.4,
    needed: float = 1.5,
) -> Mask:
    """Return (g,) bool, the groups excluded from a test because they would dominate a class, or all of it.

    Candidates are groups with more than twice the rows, or twice the part of a class, that the test should get;
    groups with more than half of a class; and groups with more than half of the test's share of a class, if the
    other groups can provide that share (about `needed` of them would be sampled).

    Candidates are excluded in descending order of their share, while they hold at most `most_out` of all rows
    together (a third more if the test gets 40 groups or more, as many tests remain in any case); after the first,
    at most `most_of_class` of a class is excluded, not counting groups with more than half of it. The first one is
    excluded whatever it holds if it has more than twice the rows of the test, or if there are more than
    `2 / fraction` groups. The others stay: with few groups or many classes nearly every group is large for some
    class, and excluding all of them would leave the same few groups for every test.

    Parameters
    ----------
    shares
        (g, k) share of each class that a group holds.
    rows
        (g,) rows of each group, positive.

    Examples
    --------
    Of a class in 31 groups, one group holds more than half of the fifth to be sampled:

    >>> too_large(np.array([[0.13]] + [[0.029]] * 30), np.ones(31), 0.2).sum()
    np.int64(1)
    """
    size = rows / rows.sum()
    over = shares > fraction / 2 + 1e-9
    others = np.where(over, 0.0, shares)
    held = others.sum(axis=0)
    # Kish's effective number: the number of equally large groups that would spread the class as evenly.
    effective = held**2 / np.maximum((others**2).sum(axis=0), 1e-300)
    avoidable = (fraction * effective >= needed) & (held >= 1.5 * fraction)
    most = shares > min(2 * fraction, 0.5) + 1e-9
    worst = np.where((over & avoidable) | most, shares, 0.0).max(axis=1, initial=0.0)
    huge = size > 2 * fraction
    # first in the order, before any share of a class
    worst[huge] = 1.0 + size[huge]
    out, room = np.zeros(len(size), dtype=bool), most_out * (4 / 3 if fraction * len(size) >= 40 else 1.0) + 1e-9
    part = np.where(shares > 0.5 + 1e-9, 0.0, shares)
    gone, limit = np.zeros(shares.shape[1]), most_of_class * part.sum(axis=0)
    for g in np.lexsort((size, -worst))[: np.count_nonzero(worst)]:
        spared = (part[g] > 0) & (gone > 0) & (gone + part[g] > limit)
        alone = not out.any() and (huge[g] or len(size) > 2 / fraction)
        if alone or (size[g] <= room and not spared.any()):
            out[g] = True
            room -= size[g]
            gone += part[g]
    return out


def _amounts(vectors: Floats, copies: Ints, rate: Floats, rng: np.random.Generator, count: int) -> Ints:
    """Return (count, kinds) int64, how many groups of each kind (of equal vectors) are taken.

    `due` is the share of each class that should have been taken by now, minus what was; a kind takes the number
    that brings it nearest to zero, within the bounds of the bias, rounded up or down at random.
    """
    square = (vectors**2).sum(axis=1)
    nominal = copies * (vectors**2 @ rate) / square
    # Sizes within a factor of two are visited in random order: in a fixed order the same groups would always come
    # last and make up for the deviations of all others.
    key = np.floor(np.log2(vectors.max(axis=1))) + np.zeros((count, 1))
    order = np.lexsort((rng.random(key.shape), -key))
    due = np.zeros((count, vectors.shape[1]))
    taken = np.zeros((count, len(vectors)), dtype=np.int64)
    at = np.arange(count)
    for turn in order.T:
        vector = vectors[turn]
        due += copies[turn, None] * rate * vector
        wanted = (due * vector).sum(axis=1) / square[turn]
        wanted = wanted.clip(BIAS[0] * nominal[turn], BIAS[1] * nominal[turn])
        amount = np.floor(wanted + rng.random(count)).clip(0, copies[turn])
        due -= amount[:, None] * vector
        taken[at, turn] = amount
    return taken


def _members(taken: Ints, kind: Ints, rng: np.random.Generator) -> Masks:
    """Return (count, g) bool, the groups taken, given the number of each kind; equal groups are equally likely."""
    by_kind = np.argsort(kind, kind="stable")
    sizes = np.bincount(kind)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    # Random ranks within each kind, for all samples at once: the first `taken` of each are in.
    shuffled = np.lexsort(
        (rng.random((len(taken), len(kind))), np.broadcast_to(kind[by_kind], (len(taken), len(kind))))
    )
    rank = np.empty_like(shuffled)
    np.put_along_axis(rank, shuffled, np.broadcast_to(np.arange(len(kind)) - starts, shuffled.shape), axis=1)
    out = np.empty(rank.shape, dtype=bool)
    out[:, by_kind] = rank < taken[:, kind[by_kind]]
    return out
