"""The interval of a figure that is a function of sums over rows, by the bootstrap of `evaluation/resampling`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from evenhand.base.seeds import generator
from evenhand.base.values import TOO_FEW, Floats, Interval, Ints
from evenhand.evaluation.core.row_sums import RowSums
from evenhand.evaluation.resampling.intervals import FEWEST_GROUPS, FEWEST_ROWS, interval, support
from evenhand.evaluation.resampling.resampling_units import units_for


def resampled(
    features: RowSums,
    value: Callable[[Floats], Floats],
    groups: Ints | None,
    *,
    bounds: tuple[float, float] = (-1.0, 1.0),
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
    budget_bytes: int = 2**24,
) -> Interval:
    """Return a figure with its interval from rows, or groups, that are sampled with replacement.

    Parameters
    ----------
    features
        Numbers of n rows.
    value
        (r, b) their sums in b replicates -> (b,) the figure; NaN where it is not defined.
    groups
        (n,) group numbers 0..g-1, or None.
    bounds
        Its smallest and its largest value.
    draws
        Replicates.
    level
        Nominal coverage.
    budget_bytes
        Memory for one batch of replicates; it does not affect results.
    """
    n = features.shape[0]
    on = support(np.ones(n), groups)
    if not n:
        return Interval(np.nan, np.nan, np.nan, 0, 0, level, f"{TOO_FEW}: no row", enough=False)
    units = units_for(features, groups)
    matrix, rng = features.by_unit(units.of_row, units.count), generator(seed, "bootstrap")
    step = int(np.clip(budget_bytes // (8 * (sum(matrix.shape) + 1)), 1, draws))
    replicates = np.concatenate(
        [
            value(features.finish(matrix @ units.multiplicities(rng, min(step, draws - start))))
            for start in range(0, draws, step)
        ]
    )
    found = interval(float(value(features.statistics())[0]), replicates, on, bounds=bounds, level=level)
    few = on.effective < (FEWEST_GROUPS if on.grouped else FEWEST_ROWS)
    return replace(found, how=f"{found.how}; {TOO_FEW}", enough=False) if few else found
