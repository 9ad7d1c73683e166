"""Assignment of groups to folds, so that every class is spread over the folds in equal shares.

Several greedy assignments, made in different orders, are improved by local search (moves and swaps); the best one
is kept. The search ends early when an assignment reaches the lower bound. The mix of classes within folds, and then
the size of the largest fold, are improved where that costs nothing; neither should be worse than with the
reference, scikit-learn's greedy method.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evenhand.base.values import Floats, Ints
from evenhand.data.splits.assignment.class_coverage import cover_classes
from evenhand.data.splits.assignment.counts import lower_bound, share_deviation, wholly_inside
from evenhand.data.splits.assignment.greedy import assign_by_spread, assign_greedily
from evenhand.data.splits.assignment.local_search import FoldPlan, improve
from evenhand.data.splits.assignment.mix_and_size import improve_mix_and_size, mix_deviation


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

    def rank_beside(self, reference: GroupAssignment) -> tuple[float, ...]:
        """Return the sort key among equal deviations: first whether mix or size is worse than the reference."""
        above = (self.mix > reference.mix + 1e-9) + (self.largest > reference.largest + 1e-9)
        return *self.rank[:2], above, *self.rank[2:]


def assign_groups(counts: Floats, rows: Floats, f: int, rng: np.random.Generator, *,
            starts: int = 4, row_weight: float = 0.3, order: Ints | None = None,
            most_groups: int = 20_000) -> GroupAssignment:  # fmt: skip
    """Return the fold of each group such that f folds get equal shares of every class and none is empty.

    Parameters
    ----------
    counts
        (g, k) float64 rows of each class in each group (sums of labels where they are soft).
    rows
        (g,) float64 rows of each group, positive.
    f
        Number of folds, at most g.
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
        Mix and size are not improved with more groups: they hardly differ then, and it would cost seconds.
    """
    as_numbered, counts = counts[:, counts.sum(axis=0) > 0], canonical_order(counts)
    # Shares of classes, so that a rare class counts as much as a common one; rows are one column more, with a
    # smaller weight.
    vectors = np.column_stack([counts / counts.sum(axis=0), row_weight * rows / rows.sum()])
    sizes = np.append(counts.sum(axis=0), rows.sum()) / rows.sum()
    shares, bound = np.full(f, 1 / f), lower_bound(counts, f)
    best: GroupAssignment | None = None
    for heaviest_first in _orders(vectors, rng, starts):
        plan = _improved(vectors, sizes, assign_greedily(vectors, heaviest_first, shares), shares, rng)
        # A class missing from training weighs more than any deviation, and the search above does not see it:
        # coverage is repaired last.
        found = _evaluated(counts, rows, cover_classes(counts, plan, f, rng), shares)
        best = found if best is None or found.rank < best.rank else best
        if not best.lacking and best.worst <= bound + 1e-9:
            break
    assert best is not None
    if len(rows) > most_groups or not counts.shape[1]:
        return best
    # scikit-learn's choice among equal folds depends on the rounding of sums over classes in their numbered order:
    # with its order of groups, the columns must be in that order too.
    order, named = (rng.permutation(len(rows)), counts) if order is None else (order, as_numbered)
    reference = _evaluated(counts, rows, _greedy_folds(named, rows, vectors, order, shares), shares)
    plans = [best, reference] if reference.rank[:2] <= best.rank[:2] else [best]
    # What may be given up for the other: a mix as bad as the reference's, and a fold as large. With several labels
    # per row, a largest fold that is smaller than the reference's stays so.
    limits = reference.mix, min(best.largest, reference.largest) * rows.sum()
    if np.allclose(as_numbered.sum(axis=1), rows):  # one label per row
        limits = reference.mix, reference.largest * rows.sum()
    improved = [improve_mix_and_size(counts, rows, plan.fold, shares, rng, good_enough=limits) for plan in plans]
    return min(
        (_evaluated(counts, rows, fold, shares) for fold in improved), key=lambda plan: plan.rank_beside(reference)
    )


def _greedy_folds(counts: Floats, rows: Floats, vectors: Floats, order: Ints, shares: Floats) -> Ints:
    """Return (g,) the folds of scikit-learn's greedy method, none empty."""
    # With several labels per row the classes do not add up to the rows, which become a class of their own.
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
    # The sum of 8th powers approaches the maximum, which a rare class fixes early; the common ones are evened out
    # afterwards, by squares, which are chi-square where shares are weighted by the rows of their class.
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
    # Random, so that different columns almost surely have different sums; seeded, so that equal data give equal
    # orders.
    weights = np.random.default_rng(0).random(len(counts))
    return counts[:, np.argsort((counts * weights[:, None]).sum(axis=0), kind="stable")]


def _orders(vectors: Floats, rng: np.random.Generator, starts: int, *, jitter: float = 0.3) -> Iterator[Ints]:
    """Yield orders of assignment: the heaviest groups first, by several measures of weight."""
    g = len(vectors)
    shuffled = rng.permutation(g)
    # No measure is best on all data; those after the first three are disturbed at random.
    weights = [vectors.max(axis=1, initial=0.0), vectors.sum(axis=1), np.sqrt((vectors**2).sum(axis=1))]
    for start in range(starts):
        weight = weights[start % len(weights)]
        if start >= len(weights):
            weight = weight * np.exp(jitter * rng.standard_normal(g))
        yield shuffled[np.argsort(-weight[shuffled].round(12), kind="stable")]
