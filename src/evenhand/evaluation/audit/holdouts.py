"""Repeated holdouts of rows, single groups and several groups, and the worst figure among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from evenhand.base.seeds import generator
from evenhand.base.values import Floats, Ints
from evenhand.evaluation.core.metric import Measure

Pick = Callable[[np.random.Generator, int], Floats]
"""(generator, b) -> (units, b) 0/1: the units held out in each of b draws."""


@dataclass(frozen=True)
class Holdout:
    """The distribution of a figure over held-out parts. Nothing is refitted: existing predictions are scored.

    Attributes
    ----------
    description
        A description of what is held out.
    draws
        Number of parts on which the figure is defined.
    median, lowest, quantile
        The median, the smallest and the 5 % quantile of the figure; for a loss the largest and the 95 % quantile.
    floor, below
        A threshold, and the number of parts below it (for a loss: above it).
    """

    description: str
    draws: int
    median: float
    lowest: float
    quantile: float
    floor: float
    below: int

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON; what is not defined is None."""
        return {
            key: None if isinstance(value, float) and not np.isfinite(value) else value
            for key, value in vars(self).items()
        }


def holdout(description: str, values: Floats, floor: float, *, higher_is_better: bool = True) -> Holdout:
    """Return the summary of a figure over many parts, ignoring parts on which it is not defined."""
    there = values[np.isfinite(values)]
    if not len(there):
        return Holdout(description, 0, np.nan, np.nan, np.nan, floor, 0)
    sign = 1.0 if higher_is_better else -1.0
    ordered = np.sort(sign * there)
    return Holdout(
        description,
        len(there),
        float(np.median(there)),
        float(sign * ordered[0]),
        float(sign * np.quantile(ordered, 0.05)),
        floor,
        int((ordered < sign * floor).sum()),
    )


def part_figures(measure: Measure, unit: Ints, units: int, chosen: Floats) -> Floats:
    """Return (b,) the figure on each of b sets of units.

    Parameters
    ----------
    unit
        (n,) the unit of each row.
    chosen
        (units, b) 0/1, or how often each unit counts.
    """
    sums = measure.features.by_unit(unit, units) @ chosen
    return measure.value(measure.features.finish(np.asarray(sums)))


def drawn_figures(
    measure: Measure, unit: Ints, units: int, pick: Pick, *, draws: int, seed: int, budget: int = 2**22
) -> Floats:
    """Return (draws,) the figure on sets of units sampled by `pick`, at most `budget` numbers at a time."""
    rng = generator(seed, "holdout")
    batch = int(np.clip(budget // units, 1, 256))
    starts = range(0, draws, batch)
    parts = [part_figures(measure, unit, units, pick(rng, min(batch, draws - start))) for start in starts]
    return np.concatenate(parts)


def several_of(units: int, held: int) -> Pick:
    """Return a sampler that holds out `held` of `units` units."""

    def pick(rng: np.random.Generator, b: int) -> Floats:
        # The ranks of random numbers: `held` units without replacement in each column, without a loop over columns.
        order = rng.random((units, b)).argsort(axis=0)
        return (order < held).astype(np.float64)

    return pick


def stratified(stratum: Ints, share: float) -> Pick:
    """Return a sampler that holds out a share of the rows of every stratum, at least one.

    Parameters
    ----------
    stratum
        (n,) such as the class of each row.
    """
    rows = [np.flatnonzero(stratum == s) for s in np.unique(stratum)]

    def pick(rng: np.random.Generator, b: int) -> Floats:
        out = np.zeros((len(stratum), b))
        for own in rows:
            out[own] = several_of(len(own), max(1, round(share * len(own))))(rng, b)
        return out

    return pick


def one_by_one(measure: Measure, unit: Ints, units: int, *, batch: int = 256) -> Floats:
    """Return (units,) the figure on each unit alone."""
    parts = [
        # Columns of the identity matrix, a block at a time: each chooses one unit.
        part_figures(measure, unit, units, np.eye(units, min(batch, units - start), -start))
        for start in range(0, units, batch)
    ]
    return np.concatenate(parts)
