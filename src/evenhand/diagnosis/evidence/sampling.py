"""Subsampling for costly checks: whole groups at random, with a share for every part of the data."""

from __future__ import annotations

import numpy as np

from evenhand.base.seeds import generator
from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import Ints, Strings


def whole_groups(parts: Strings, groups: Strings, most: int, *, seed: int = 0) -> Ints:
    """Return positions of at most about `most` rows, in order, in whole groups, an equal budget for each part.

    The unused budget of a small part goes to the larger ones.

    Parameters
    ----------
    parts, groups
        (n,) names.
    """
    if len(parts) <= most:
        return np.arange(len(parts))
    _, part = unique_names(parts)
    _, group = unique_names(groups)
    # Groups get the random order, not rows, so that the rows taken are whole groups.
    rank = generator("whole groups", seed).permutation(int(group.max()) + 1)[group]
    sizes = np.bincount(part)
    left, chosen = most, []
    for position, p in enumerate(np.argsort(sizes, kind="stable")):  # smallest first, so that leftovers move up
        budget = left // (len(sizes) - position)
        rows = np.flatnonzero(part == p)
        rows = rows[np.argsort(rank[rows], kind="stable")]
        taken = rows[: _end_of_group(rank[rows], budget)]
        chosen.append(taken)
        left = max(0, left - len(taken))
    return np.sort(np.concatenate(chosen))


def _end_of_group(ordered: Ints, budget: int) -> int:
    """Return the end of the group that exhausts the budget (at least one group is taken)."""
    if len(ordered) <= budget:
        return len(ordered)
    return int(np.searchsorted(ordered, ordered[max(budget - 1, 0)], side="right"))
