"""Groups to folds, so that every class falls to the folds in equal shares.

Several plans are dealt in different orders and mended by moves and swaps; the best is kept. The work ends
early where a plan comes down to what no plan can undercut. Of plans that are equal so far, the mix of classes
within folds decides, then the size of the largest fold; neither is to be worse than what the greedy method of
scikit-learn comes to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evenhand.base.values import Floats, Ints
from evenhand.data.splits.class_coverage import cover
from evenhand.data.splits.counts import lower_bound, share_deviation, wholly_inside
from evenhand.data.splits.greedy import deal, deal_by_spread
from evenhand.data.splits.local_search import FoldPlan, mend
from evenhand.data.splits.tie_breaking import break_ties, mix_deviation


@dataclass(frozen=True, eq=False)
class GroupAssignment:
    """Folds of groups, with what they are worth.

    Attributes
    ----------
    fold
        (g,) int64 fold of each group.
    lacking
        Classes in several groups that lie wholly in one fold.
    worst
        Worst class-share deviation, in [0, 1].
    mix
        Largest difference between the share of a class within a fold and among all rows.
    largest
        Share of the rows in the largest fold.
    """

    fold: Ints
    lacking: int
    worst: float
    mix: float
    largest: float

    @property
    def rank(self) -> tuple[int, float, float, float]:
        """What plans are compared by, the lowest first."""
        return self.lacking, round(self.worst, 9), round(self.mix, 9), round(self.largest, 9)

    def rank_beside(self, usual: GroupAssignment) -> tuple[float, ...]:
        """What plans of equal deviations are compared by: first whether mix or size is above the usual ones."""
        above = (self.mix > usual.mix + 1e-9) + (self.largest > usual.largest + 1e-9)
        return *self.rank[:2], above, *self.rank[2:]


def balance(counts: Floats, rows: Floats, shares: Floats, rng: np.random.Generator, *,
            starts: int = 4, row_weight: float = 0.3, order: Ints | None = None,
            most_groups: int = 20_000) -> GroupAssignment:  # fmt: skip
    """Return the fold of each group so that folds get `shares` of every class, none is empty.

    Parameters
    ----------
    counts
        (g, k) float64 rows of each class in each group (sums of labels where they are soft).
    rows
        (g,) float64 rows of each group, positive.
    shares
        (f,) share of everything that each fold should get, positive, sum 1; f <= g.
    rng
        Source of the order among equals. The result depends on it and the counts, not on how classes
        are numbered.
    starts
        Most plans that are tried.
    row_weight
        What the number of rows of a fold counts beside one class.
    order
        (g,) groups in the order in which scikit-learn would deal equal ones; drawn from `rng` where it is None,
        else the result depends on how classes are numbered, too.
    most_groups
        With more groups than these, ties are not looked at: they hardly matter then, and would cost seconds.
    """
    given, counts = counts[:, counts.sum(axis=0) > 0], in_own_order(counts)
    vectors = np.column_stack([counts / counts.sum(axis=0), row_weight * rows / rows.sum()])
    sizes = np.append(counts.sum(axis=0), rows.sum()) / rows.sum()
    f = len(shares)
    equal = bool(np.ptp(shares) == 0)
    bound = lower_bound(counts, f) if equal else 0.0
    best: GroupAssignment | None = None
    for heaviest_first in _orders(vectors, rng, starts):
        plan = _mended(vectors, sizes, deal(vectors, heaviest_first, shares), shares, rng)
        found = _judged(counts, rows, cover(counts, plan, f, rng) if equal else plan, shares)
        best = found if best is None or found.rank < best.rank else best
        if not best.lacking and best.worst <= bound + 1e-9:
            break
    assert best is not None
    if not equal or len(rows) > most_groups or not counts.shape[1]:
        return best
    order, named = (rng.permutation(len(rows)), counts) if order is None else (order, given)
    usual = _judged(counts, rows, _usual(named, rows, vectors, order, shares), shares)
    plans = [best, usual] if usual.rank[:2] <= best.rank[:2] else [best]
    limits = usual.mix, min(best.largest, usual.largest) * rows.sum()
    if np.allclose(given.sum(axis=1), rows):
        limits = usual.mix, usual.largest * rows.sum()
    evened = [break_ties(counts, rows, plan.fold, shares, rng, usual=limits) for plan in plans]
    return min((_judged(counts, rows, fold, shares) for fold in evened), key=lambda plan: plan.rank_beside(usual))


def _usual(counts: Floats, rows: Floats, vectors: Floats, order: Ints, shares: Floats) -> Ints:
    """Return (g,) the folds that scikit-learn's greedy method gives, none empty."""
    one_label = np.allclose(counts.sum(axis=1), rows)
    fold = deal_by_spread(counts if one_label else np.column_stack([counts, rows]), order, len(shares))
    plan = FoldPlan(vectors, fold, shares)
    plan.fill_empty()
    return plan.fold


def _mended(vectors: Floats, sizes: Floats, fold: Ints, shares: Floats, rng: np.random.Generator) -> Ints:
    """Return the folds with deviations lessened: the worst first, then chi-square without harm to the worst.

    The last column of `vectors` (g, k + 1) and of `sizes` (k + 1,) is that of the rows.
    """
    movable = (vectors > 0).sum(axis=0) > 1  # a class in one group deviates by the same wherever it goes
    vectors = vectors[:, movable]
    plan = FoldPlan(vectors, fold, shares)
    plan.fill_empty()
    mend(plan, rng, doublings=2)
    scale = np.sqrt(sizes[movable])
    smooth = FoldPlan(vectors * scale, plan.fold, shares)
    mend(smooth, rng, doublings=0)
    worst, smoothed = (np.abs(away[:, :-1]).max(initial=0.0) for away in (plan.away, smooth.away / scale))
    return smooth.fold if smoothed <= worst + 1e-9 else plan.fold


def _judged(counts: Floats, rows: Floats, fold: Ints, shares: Floats) -> GroupAssignment:
    f = len(shares)
    worst = float(np.abs(share_deviation(counts, fold, shares)).max(initial=0.0))
    lacking = int(wholly_inside(counts, fold, f).sum())
    largest = float(np.bincount(fold, rows, minlength=f).max() / rows.sum())
    return GroupAssignment(fold, lacking, worst, mix_deviation(counts, rows, fold, f), largest)


def in_own_order(counts: Floats) -> Floats:
    """Return the classes that have rows, in an order that depends on their counts and not on their numbers."""
    counts = counts[:, counts.sum(axis=0) > 0]
    weights = np.random.default_rng(0).random(len(counts))
    return counts[:, np.argsort((counts * weights[:, None]).sum(axis=0), kind="stable")]


def _orders(vectors: Floats, rng: np.random.Generator, starts: int, *, jitter: float = 0.3) -> Iterator[Ints]:
    """Yield orders in which groups are dealt: the heaviest first, by several measures of weight."""
    g = len(vectors)
    shuffled = rng.permutation(g)
    weights = [vectors.max(axis=1, initial=0.0), vectors.sum(axis=1), np.sqrt((vectors**2).sum(axis=1))]
    for start in range(starts):
        weight = weights[start % len(weights)]
        if start >= len(weights):
            weight = weight * np.exp(jitter * rng.standard_normal(g))
        yield shuffled[np.argsort(-weight[shuffled].round(12), kind="stable")]
