"""Assignment of groups to folds, so that every class is spread over the folds in equal shares.

Several greedy assignments, made in different orders, are improved by local search (moves and swaps); the best one
is kept. The search ends early when an assignment reaches the lower bound. Ties are broken by the mix of classes
within folds, then by the size of the largest fold; neither should be worse than with scikit-learn's greedy method.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evenhand.base.values import Floats, Ints
from evenhand.data.splits.class_coverage import cover_classes
from evenhand.data.splits.counts import lower_bound, share_deviation, wholly_inside
from evenhand.data.splits.greedy import assign_by_spread, assign_greedily
from evenhand.data.splits.local_search import FoldPlan, improve
from evenhand.data.splits.tie_breaking import break_ties, mix_deviation


@dataclass(frozen=True, eq=False)
class GroupAssignment:
    """Folds of groups, with their quality.

    Attributes
    ----------
    fold
        (g,) int64 fold of each group.
    lacking
        Number of classes in several groups that lie wholly in one fold.
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
        """Sort key of assignments, the best first."""
        # Rounded: the same assignment reached along two ways must not differ by rounding noise.
        return self.lacking, round(self.worst, 9), round(self.mix, 9), round(self.largest, 9)

    def rank_beside(self, usual: GroupAssignment) -> tuple[float, ...]:
        """Return the sort key among equal deviations: first whether mix or size is worse than the `usual` ones."""
        above = (self.mix > usual.mix + 1e-9) + (self.largest > usual.largest + 1e-9)
        return *self.rank[:2], above, *self.rank[2:]


def assign_groups(counts: Floats, rows: Floats, shares: Floats, rng: np.random.Generator, *,
            starts: int = 4, row_weight: float = 0.3, order: Ints | None = None,
            most_groups: int = 20_000) -> GroupAssignment:  # fmt: skip
    """Return the fold of each group such that folds get `shares` of every class and none is empty.

    Parameters
    ----------
    counts
        (g, k) float64 rows of each class in each group (sums of labels where they are soft).
    rows
        (g,) float64 rows of each group, positive.
    shares
        (f,) share of everything that each fold should get, positive, sum 1; f <= g.
    rng
        Source of the order among equals. The result depends on it and the counts, not on the numbering of classes.
    starts
        Most assignments that are tried.
    row_weight
        Weight of the number of rows of a fold relative to one class.
    order
        (g,) groups in the order in which scikit-learn would assign equal ones; random if None. With an order, the
        result also depends on the numbering of classes.
    most_groups
        Ties are not broken with more groups: they hardly matter then, and would cost seconds.
    """
    as_numbered, counts = counts[:, counts.sum(axis=0) > 0], canonical_order(counts)
    vectors = np.column_stack([counts / counts.sum(axis=0), row_weight * rows / rows.sum()])
    sizes = np.append(counts.sum(axis=0), rows.sum()) / rows.sum()
    f = len(shares)
    equal = bool(np.ptp(shares) == 0)
    bound = lower_bound(counts, f) if equal else 0.0
    best: GroupAssignment | None = None
    for heaviest_first in _orders(vectors, rng, starts):
        plan = _improved(vectors, sizes, assign_greedily(vectors, heaviest_first, shares), shares, rng)
        found = _evaluated(counts, rows, cover_classes(counts, plan, f, rng) if equal else plan, shares)
        best = found if best is None or found.rank < best.rank else best
        if not best.lacking and best.worst <= bound + 1e-9:
            break
    assert best is not None
    if not equal or len(rows) > most_groups or not counts.shape[1]:
        return best
    # scikit-learn's choice among equal folds depends on the rounding of sums over classes in their numbered order:
    # with its order of groups, the columns must be in that order too.
    order, named = (rng.permutation(len(rows)), counts) if order is None else (order, as_numbered)
    usual = _evaluated(counts, rows, _greedy_folds(named, rows, vectors, order, shares), shares)
    plans = [best, usual] if usual.rank[:2] <= best.rank[:2] else [best]
    limits = usual.mix, min(best.largest, usual.largest) * rows.sum()
    if np.allclose(as_numbered.sum(axis=1), rows):  # one label per row
        limits = usual.mix, usual.largest * rows.sum()
    evened = [break_ties(counts, rows, plan.fold, shares, rng, usual=limits) for plan in plans]
    return min(
        (_evaluated(counts, rows, fold, shares) for fold in evened), key=lambda plan: plan.rank_beside(usual)
    )


def _greedy_folds(counts: Floats, rows: Floats, vectors: Floats, order: Ints, shares: Floats) -> Ints:
    """Return (g,) the folds of scikit-learn's greedy method, none empty."""
    one_label = np.allclose(counts.sum(axis=1), rows)
    fold = assign_by_spread(counts if one_label else np.column_stack([counts, rows]), order, len(shares))
    plan = FoldPlan(vectors, fold, shares)
    plan.fill_empty()
    return plan.fold


def _improved(vectors: Floats, sizes: Floats, fold: Ints, shares: Floats, rng: np.random.Generator) -> Ints:
    """Return the folds with smaller deviations: first the worst one, then chi-square unless the worst one suffers.

    The last column of `vectors` (g, k + 1) and of `sizes` (k + 1,) is that of the rows.
    """
    movable = (vectors > 0).sum(axis=0) > 1  # a class in one group deviates by the same in any fold
    vectors = vectors[:, movable]
    plan = FoldPlan(vectors, fold, shares)
    plan.fill_empty()
    improve(plan, rng, doublings=2)
    scale = np.sqrt(sizes[movable])
    smooth = FoldPlan(vectors * scale, plan.fold, shares)
    improve(smooth, rng, doublings=0)
    worst, smoothed = (np.abs(away[:, :-1]).max(initial=0.0) for away in (plan.away, smooth.away / scale))
    return smooth.fold if smoothed <= worst + 1e-9 else plan.fold


def _evaluated(counts: Floats, rows: Floats, fold: Ints, shares: Floats) -> GroupAssignment:
    f = len(shares)
    worst = float(np.abs(share_deviation(counts, fold, shares)).max(initial=0.0))
    lacking = int(wholly_inside(counts, fold, f).sum())
    largest = float(np.bincount(fold, rows, minlength=f).max() / rows.sum())
    return GroupAssignment(fold, lacking, worst, mix_deviation(counts, rows, fold, f), largest)


def canonical_order(counts: Floats) -> Floats:
    """Return the columns of classes with rows, in an order that depends on the counts, not on the numbering.

    Sums of floats depend on the order of terms: renaming classes must not change a tie, and so the folds.
    """
    counts = counts[:, counts.sum(axis=0) > 0]
    weights = np.random.default_rng(0).random(len(counts))
    return counts[:, np.argsort((counts * weights[:, None]).sum(axis=0), kind="stable")]


def _orders(vectors: Floats, rng: np.random.Generator, starts: int, *, jitter: float = 0.3) -> Iterator[Ints]:
    """Yield orders of assignment: the heaviest groups first, by several measures of weight."""
    g = len(vectors)
    shuffled = rng.permutation(g)
    weights = [vectors.max(axis=1, initial=0.0), vectors.sum(axis=1), np.sqrt((vectors**2).sum(axis=1))]
    for start in range(starts):
        weight = weights[start % len(weights)]
        if start >= len(weights):
            weight = weight * np.exp(jitter * rng.standard_normal(g))
        yield shuffled[np.argsort(-weight[shuffled].round(12), kind="stable")]
