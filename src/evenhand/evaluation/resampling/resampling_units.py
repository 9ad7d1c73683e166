"""Units of the bootstrap: groups, rows, or kinds of identical rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import Floats, Ints
from evenhand.evaluation.core.row_sums import RowSums


@dataclass(frozen=True, eq=False)
class Units:
    """Units to sample from.

    Attributes
    ----------
    of_row
        (n,) the unit of each row; -1 for none.
    count
        Number of units.
    draws
        Units sampled in one replicate.
    probabilities
        (count,) sampling probabilities, or None for equal ones.
    """

    of_row: Ints
    count: int
    draws: int
    probabilities: Floats | None = None

    def multiplicities(self, rng: np.random.Generator, replicates: int) -> Floats:
        """Return (count, replicates) float64: how often each unit is sampled; columns sum to `draws`."""
        if self.probabilities is not None:
            return rng.multinomial(self.draws, self.probabilities, size=replicates).T.astype(np.float64)
        drawn = rng.integers(0, self.count, size=(replicates, self.draws))
        # Counted in one pass over (unit, replicate) cells; in place, since the draws are the largest array here.
        drawn *= replicates
        drawn += np.arange(replicates)[:, None]
        times = np.bincount(drawn.ravel(), minlength=self.count * replicates)
        return times.reshape(self.count, replicates).astype(np.float64)


def group_numbers(groups: object, n: int) -> Ints | None:
    """Return (n,) the groups as 0..g-1, or None where every row is its own group or none are given."""
    if groups is None:
        return None
    names, numbers = unique_names(np.asarray(groups, dtype=object))
    return None if len(names) == n else numbers


def groups_in_several_folds(groups: object, fold: Ints | None) -> int:
    """Return the number of groups that lie in several folds; 0 if either is not known.

    >>> groups_in_several_folds(["a", "a", "b", "b"], np.array([0, 1, 1, 1]))
    1
    """
    if groups is None or fold is None:
        return 0
    number = unique_names(np.asarray(groups, dtype=object))[1]
    pairs = np.unique(np.stack([number, fold]), axis=1)
    return int((np.bincount(pairs[0]) > 1).sum())


def units_for(features: RowSums, groups: Ints | None, *, saving: int = 8) -> Units:
    """Return the units to sample for `features`.

    Groups are sampled as wholes, rows if there are no groups. With at least `saving` identical rows of each kind on
    average, the counts of kinds are sampled from the multinomial distribution, which is equivalent and faster.
    Kinds are numbered by first appearance, so that the numbers of classes do not affect the sample.
    """
    n = features.shape[0]
    if groups is not None:
        g = int(groups.max()) + 1
        return Units(groups, g, g)
    if features.pattern is None:
        return Units(np.arange(n), n, n)
    _, first, size = np.unique(features.pattern, return_index=True, return_counts=True)
    if len(size) * saving > n:
        return Units(np.arange(n), n, n)
    order = np.argsort(first)
    # One row stands for its kind, since the entries of all are equal; the rest belong to no unit.
    stands_for = np.full(n, -1)
    stands_for[first[order]] = np.arange(len(order))
    return Units(stands_for, len(order), n, size[order] / n)
