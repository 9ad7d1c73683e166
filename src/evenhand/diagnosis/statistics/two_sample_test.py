"""A classifier two-sample test (Lopez-Paz & Oquab 2017) with a permutation null over whole groups.

Permuting whole groups keeps series of similar rows from being taken for a difference; permuting within classes
removes the effect of different class shares. Where the sides were sampled at random, resampled sides replace the
permutations, which makes the test exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evenhand.base.seeds import generator
from evenhand.base.values import Floats, Interval, Ints, Mask
from evenhand.diagnosis.statistics.auc import area_columns, grouped_interval
from evenhand.diagnosis.statistics.probes import (
    Sides,
    linear_scores,
    neighbour_scores,
    neighbours,
    standardised,
)


@dataclass(frozen=True, eq=False)
class TwoSamples:
    """Rows on two sides.

    Attributes
    ----------
    side
        (n,) bool.
    group
        (n,) groups numbered 0..g-1.
    stratum
        (n,) class index, or zeros where classes are unknown or several.
    known
        (n, k) labels, whose effect is removed from the measures (`probes.within_classes`).
    redraw
        Number -> (n, number) bool, sides resampled by the method that sampled these; None where the sides were not
        sampled at random.
    """

    side: Mask
    group: Ints
    stratum: Ints
    known: Floats
    redraw: Callable[[int], Sides] | None = None


@dataclass(frozen=True)
class TwoSampleResult:
    """How well a classifier separates two sides.

    Attributes
    ----------
    auc
        Area under the curve of the better probe on rows of unseen groups; 0.5 is chance.
    chance
        The 99 % quantile of the area under the null distribution.
    p
        Share of null assignments separated at least as well by their better probe (the observed one included).
    """

    auc: Interval
    chance: float
    p: float


def two_sample_test(measures: Floats, parts: TwoSamples, *, draws: int = 999, seed: int = 0) -> TwoSampleResult:
    """Return how well the sides are separated by measures.

    Parameters
    ----------
    measures
        (n, d) float, residuals after the labels (`probes.within_classes`).
    draws
        Null assignments of the sides; the smallest p is 1 / (draws + 1).
    """
    rng = generator("telling apart", seed)
    others = np.column_stack(permuted_sides(parts, draws, rng)) if parts.redraw is None else parts.redraw(draws)
    sides = np.column_stack([parts.side, others])
    x = standardised(measures)
    # Two probes: a linear one sees shifts of the mean, neighbours see clusters and spreads that have none.
    scores = [
        linear_scores(x, sides, group_folds(parts.group, 5, rng)),
        neighbour_scores(neighbours(x, parts.group, parts.stratum, rng), sides, parts.group, parts.stratum),
    ]
    areas = np.array([area_columns(s, sides) for s in scores])
    # Each probe's areas in units of its own null distribution, so that the better of the two can be chosen for the
    # true sides and for every null assignment in the same way: the choice then costs no extra correction.
    lead = (areas - areas[:, 1:].mean(axis=1, keepdims=True)) / np.maximum(areas[:, 1:].std(axis=1), 1e-9)[:, None]
    best = int(lead[:, 0].argmax())
    low, high = grouped_interval(scores[best][:, 0], parts.side, parts.group)
    how = f"{('linear', 'neighbour')[best]} probe; Obuchowski 1997, over groups"
    auc = Interval(float(areas[best, 0]), low, high, len(parts.side), int(parts.group.max()) + 1, how=how)
    top = lead.max(axis=0)
    # A small tolerance: equal leads are equal, whatever the rounding.
    p = float((1 + (top[1:] >= top[0] - 1e-9).sum()) / (1 + draws))
    return TwoSampleResult(auc, float(np.quantile(areas[best, 1:], 0.99)), p)


def permuted_sides(parts: TwoSamples, draws: int, rng: np.random.Generator) -> list[Mask]:
    """Return `draws` permutations of the sides over whole groups, within strata.

    A group with rows on both sides counts as two, and one with rows of several strata belongs to its first.
    """
    # Whole groups, as sides were assigned to whole groups: permuted rows would make every series a difference.
    unit = np.unique(np.column_stack([parts.group, parts.side]), axis=0, return_inverse=True)[1].ravel()
    first = np.unique(unit, return_index=True)[1]
    side, stratum = parts.side[first], parts.stratum[first]
    blocks = [np.flatnonzero(stratum == s) for s in np.unique(stratum)]
    out = []
    for _ in range(draws):
        permuted = side.copy()
        for block in blocks:
            permuted[block] = rng.permutation(side[block])
        out.append(permuted[unit])
    return out


def group_folds(group: Ints, k: int, rng: np.random.Generator) -> Ints:
    """Return (n,) folds of about equal size from whole groups (largest first into the emptiest fold)."""
    sizes = np.bincount(group)
    # Groups of equal size in random order: that of the rows is often the order of the sides.
    order = np.lexsort((rng.random(len(sizes)), -sizes))
    fold_of, filled = np.zeros(len(sizes), dtype=np.int64), np.zeros(k)
    for g in order:
        fold_of[g] = filled.argmin()
        filled[fold_of[g]] += sizes[g]
    return np.asarray(fold_of[group])
