"""Rows unlike anything trained on: distances in the features of a network, ranked among held-out rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from sklearn.neighbors import NearestNeighbors

from evenhand.base.values import Floats, Mask, Strings
from evenhand.evaluation.audit.groups import exact_interval
from evenhand.evaluation.new_rows.design_effect import design_effect

Whiten = Callable[[Floats], Floats]


@dataclass(frozen=True, eq=False)
class FoldFeatures:
    """Features of rows in the network of one fold.

    Attributes
    ----------
    trained
        (r, d) of rows that the network was trained on.
    held_out
        (h, d) of rows that it did not see.
    new
        (n, d) of the rows in question.
    groups
        (h,) groups of the held-out rows, or None where rows are independent.
    """

    trained: Floats
    held_out: Floats
    new: Floats
    groups: Strings | None = None


@dataclass(frozen=True, eq=False)
class Unlikeness:
    """How unlike the training rows each new row is.

    Attributes
    ----------
    distance
        (n,) distance over that which the share `rate` of held-out rows exceeds, averaged over the folds.
    as_far
        (n,) share of held-out rows that are at least as far (a cross-conformal p-value, Vovk 2015).
    flagged
        (n,) bool: `as_far` is at most `rate`.
    rate
        Share of rows flagged where new rows are like the held-out ones.
    held_out
        Number of held-out rows.
    observed, low, high
        Share of new rows flagged, with its exact 95 % interval.
    n
        New rows on which that share rests.
    p
        p-value of at least as many flagged rows if new rows were like the held-out ones.
    """

    distance: Floats
    as_far: Floats
    flagged: Mask
    rate: float
    held_out: int
    observed: float = np.nan
    low: float = np.nan
    high: float = np.nan
    n: int = 0
    p: float = 1.0

    def document(self) -> dict[str, Any]:
        """Return the rates as plain values, for JSON."""
        names = ("rate", "observed", "low", "high", "n", "p", "held_out")
        return {name: None if (value := getattr(self, name)) != value else value for name in names}


def unlikeness(
    folds: Sequence[FoldFeatures],
    *,
    counted: Mask | None = None,
    groups: Strings | None = None,
    rate: float = 0.05,
    neighbours: int = 5,
) -> Unlikeness | None:
    """Return how unlike the rows that a run was trained on new rows are; None with too few held-out rows to say.

    The distance is that to the k-th nearest training row (Sun et al. 2022), in the same fold's network, whose
    features are whitened on its training rows. A row is ranked in every fold among the rows that the fold held out:
    the share of all held-out rows that are at least as far is a cross-conformal p-value (Vovk 2015). Where new rows
    are like the held-out ones, about `rate` of them have one of at most `rate`.

    The test of the observed rate is that of a split conformal p-value: of m rows, the number flagged against h
    held-out rows is beta-binomial. Where rows come in groups, m and h are divided by the design effect.

    Parameters
    ----------
    folds
        Features in the network of each fold; `new` holds the same n rows in all.
    counted
        (n,) the rows that the observed rate counts; None for all. Rows that the run was trained on are near by
        construction.
    groups
        (n,) groups of new rows, or None where they are not known.
    rate
        Share of rows like the held-out ones that may be flagged.
    neighbours
        k of the distance.
    """
    folds = [one for one in folds if len(one.held_out) and len(one.trained)]
    total = sum(len(one.held_out) for one in folds)
    if total < least_held_out(rate):
        return None
    n = len(folds[0].new)
    farther, ratios, exceeds = np.zeros(n), np.zeros(n), []
    for one in folds:
        whitened = whitening(one.trained)
        tree = NearestNeighbors(n_neighbors=min(neighbours, len(one.trained))).fit(whitened(one.trained))
        own = tree.kneighbors(whitened(one.held_out))[0][:, -1]
        new = tree.kneighbors(whitened(one.new))[0][:, -1] if n else np.zeros(0)
        farther += len(own) - np.searchsorted(np.sort(own), new, side="left")
        limit = float(np.quantile(own, 1 - rate))
        ratios += new / max(limit, 1e-12) / len(folds)
        exceeds.append(own > limit)
    as_far = (farther + 1) / (total + 1)
    flagged = as_far <= rate
    named = [one.groups for one in folds]
    of_held = None if any(g is None for g in named) else np.concatenate([g for g in named if g is not None])
    rows = np.ones(n, dtype=bool) if counted is None else counted
    rest = _rates(flagged[rows], np.concatenate(exceeds), of_held, None if groups is None else groups[rows], rate)
    return Unlikeness(ratios, as_far, flagged, rate, total, *rest)


def least_held_out(rate: float) -> int:
    """Return the smallest number of held-out rows among which a row can be in the farthest share `rate`."""
    return int(np.ceil(1 / rate)) - 1


def _rates(
    flagged: Mask, exceeds: Mask, of_held: Strings | None, groups: Strings | None, rate: float
) -> tuple[float, float, float, int, float]:
    """Return the observed rate with its limits, the number of rows, and the p-value of the excess."""
    m = len(flagged)
    if not m:
        return np.nan, np.nan, np.nan, 0, 1.0
    effect = design_effect(exceeds, of_held)
    own = max(1.0, design_effect(flagged, groups)) if groups is not None else effect
    observed, worth = float(flagged.mean()), max(m / max(own, 1.0), 1.0)
    low, high = exact_interval(np.array([observed * worth]), np.array([worth]), 0.95)
    h = max(len(exceeds) / effect, 1.0)
    # Of h exchangeable rows, the farthest `below` define what is flagged: its true rate is a beta variable.
    below = max(rate * (h + 1), 1e-9)
    hits = int(np.floor(observed * worth + 1e-9))
    p = float(stats.betabinom.sf(hits - 1, max(int(np.floor(worth)), 1), below, max(h + 1 - below, 1e-9)))
    return observed, float(low[0]), float(high[0]), m, p


def whitening(trained: Floats, *, kept: float = 0.99) -> Whiten:
    """Return the map to principal components of unit variance that hold a share `kept` of that of training rows.

    Without it, a few directions that tell the classes apart decide all distances, and what is foreign to every
    class lies in the others.
    """
    mean = trained.mean(axis=0, dtype=np.float64)
    _, scale, directions = np.linalg.svd(trained - mean, full_matrices=False)
    held = np.cumsum(scale**2) / max(float((scale**2).sum()), 1e-300)
    k = max(1, min(int((held < kept).sum()) + 1, int((scale > scale.max(initial=0.0) * 1e-6).sum())))
    into = directions[:k].T / np.maximum(scale[:k] / np.sqrt(max(len(trained) - 1, 1)), 1e-12)
    return lambda rows: np.asarray((rows - mean) @ into)
