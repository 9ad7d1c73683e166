"""Keeping every class in training: no fold holds all groups of a class that has several.

Choosing folds such that no class lies wholly in one is colouring a hypergraph whose edges are the classes: with few
folds it may be impossible, and no fast method finds every solution. A random walk that repairs one class at a time
(Selman, Kautz & Cohen 1994, WalkSAT) finds one unless the problem is very tight.
"""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats, Ints, Mask
from evenhand.data.splits.assignment.counts import sum_by_fold, wholly_inside


def cover_classes(counts: Floats, fold: Ints, f: int, rng: np.random.Generator, *, steps: int = 2000) -> Ints:
    """Return (g,) folds in which as few classes as possible lie wholly in one fold.

    `fold` is returned unchanged if no class does. No fold is emptied: a class that is moved has at least two groups
    in the fold, and one of them stays.

    Parameters
    ----------
    counts
        (g, k) rows of each class in each group.
    fold
        (g,) fold of each group, 0..f-1, none empty.
    steps
        Most groups that are moved.
    """
    held = counts > 0
    held = held[:, held.sum(axis=0) > 1]
    now, best = fold.copy(), fold
    fewest = int(wholly_inside(counts, fold, f).sum())
    for _ in range(steps if fewest else 0):
        inside = sum_by_fold(held, now, f)
        bad = np.argwhere(inside == held.sum(axis=0))
        if len(bad) < fewest:
            best, fewest = now.copy(), len(bad)
        if not len(bad):
            break
        b, c = bad[rng.integers(len(bad))]
        x, target = _least_harm(held, inside, np.flatnonzero(held[:, c]), int(b), rng)
        now[x] = target
    return best


def _least_harm(held: Mask, inside: Ints, groups: Ints, b: int, rng: np.random.Generator,
                noise: float = 0.1) -> tuple[int, int]:  # fmt: skip
    """Return which of `groups`, all in fold b, to move where, such that the fewest classes end up in one fold.

    With a chance of `noise` the move is random, as in WalkSAT: a purely greedy walk runs in circles.
    """
    # (fold, class) pairs with all groups of the class but one: moving that one there would put the class wholly
    # inside
    last_outside = inside == held.sum(axis=0) - 1
    freed = held[groups] @ (inside[b] == held.sum(axis=0)).astype(np.int64)
    harm = held[groups].astype(np.int64) @ last_outside.T.astype(np.int64) - freed[:, None]
    harm[:, b] = np.iinfo(np.int64).max
    if rng.random() < noise:
        choices = np.argwhere(harm < np.iinfo(np.int64).max)
    else:
        choices = np.argwhere(harm == harm.min())
    at, target = choices[rng.integers(len(choices))]
    return int(groups[at]), int(target)
