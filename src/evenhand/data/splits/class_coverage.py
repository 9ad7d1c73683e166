"""Keeping every class in training: no fold holds all groups of a class that lives in several.

Choosing folds so that no class lies wholly in one is the colouring of a hypergraph (classes are its edges):
with few folds it can be impossible, and no quick method finds every solution. A random walk that mends one
class after the other (Selman, Kautz & Cohen 1994, WalkSAT) finds it where there is room at all.
"""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats, Ints, Mask
from evenhand.data.splits.counts import wholly_inside


def cover(counts: Floats, fold: Ints, f: int, rng: np.random.Generator, *, steps: int = 2000) -> Ints:
    """Return (g,) folds in which as few classes as could be found lie wholly in one fold.

    `fold` comes back as it is where no class does. No fold is emptied: a class with two groups in a fold
    leaves one there.

    Parameters
    ----------
    counts
        (g, k) rows of each class in each group.
    fold
        (g,) fold of each group, 0..f-1, none empty.
    steps
        Groups moved before it gives up.
    """
    held = counts > 0
    held = held[:, held.sum(axis=0) > 1]
    now, best = fold.copy(), fold
    fewest = int(wholly_inside(counts, fold, f).sum())
    for _ in range(steps if fewest else 0):
        inside = _inside(held, now, f)
        bad = np.argwhere(inside == held.sum(axis=0))
        if len(bad) < fewest:
            best, fewest = now.copy(), len(bad)
        if not len(bad):
            break
        b, c = bad[rng.integers(len(bad))]
        x, target = _least_harm(held, inside, np.flatnonzero(held[:, c]), int(b), rng)
        now[x] = target
    return best


def _inside(held: Mask, fold: Ints, f: int) -> Ints:
    return np.stack([held[fold == b].sum(axis=0) for b in range(f)])


def _least_harm(held: Mask, inside: Ints, groups: Ints, b: int, rng: np.random.Generator,
                noise: float = 0.1) -> tuple[int, int]:  # fmt: skip
    """Return which of `groups`, all in fold b, moves where, so that fewest classes come to lie in one fold."""
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
