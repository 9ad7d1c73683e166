"""The calibration error: the mean gap between confidence and accuracy, corrected for sampling noise."""

from __future__ import annotations

from typing import cast

import numpy as np
import scipy  # scipy.stats is imported where it is used: not by workers
from scipy.special import erf

from evenhand.base.seeds import generator
from evenhand.base.values import Floats, Interval, Ints
from evenhand.evaluation.core.bins import BINS, bin_of, edges
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.core.metric import Measure, Metric
from evenhand.evaluation.core.row_sums import RowSums, ratio
from evenhand.evaluation.metrics import METRICS
from evenhand.evaluation.resampling.calibration_interval import Gaps, ends
from evenhand.evaluation.resampling.intervals import Support, support
from evenhand.evaluation.resampling.paired_interval import LEAST_GROUPS
from evenhand.evaluation.resampling.resampling_units import units_for

KINDS = 6
"""Sums per bin: gaps S, decisions n, squares of gaps, and over groups S², S·n and n²."""


def _features(rows: EvaluatedRows, chosen: Ints) -> RowSums:
    """Return features whose sums are the `KINDS` of each bin, then the number of groups (rows without groups)."""
    row, confidence, truth = decisions(rows, chosen)
    into = bin_of(confidence, edges(confidence))
    unit = np.arange(len(rows)) if rows.groups is None else rows.groups
    gap = confidence - truth
    # Each row carries the total of its group in the bin: summed over rows that gives S², S·n and n² of the
    # groups, and a replicate remains a sum over rows.
    cell = np.unique(unit[row] * BINS + into, return_inverse=True)[1]
    gaps, counts = np.bincount(cell, weights=gap)[cell], np.bincount(cell)[cell].astype(np.float64)
    values = (gap, np.ones(len(row)), gap**2, gap * gaps, gap * counts, counts)
    # A unit of which no chosen label is known decides nothing, and does not add to the noise between units.
    there = np.flatnonzero(rows.known[:, chosen].any(axis=1) if rows.masked else np.ones(len(rows)))
    size = np.bincount(unit[there])[unit[there]]
    return RowSums(
        shape=(len(rows), KINDS * BINS + 1),
        row=np.concatenate([*[row] * KINDS, there]),
        column=np.concatenate([*(into + BINS * kind for kind in range(KINDS)), np.full(len(there), KINDS * BINS)]),
        value=np.concatenate([*values, 1 / size]),
    )


def decisions(rows: EvaluatedRows, chosen: Ints) -> tuple[Ints, Floats, Floats]:
    """Return row, confidence and truth (0..1) of every decision.

    With one label per row: the predicted class, for rows where it is a chosen one. With several: every chosen label
    of every row, where it is known.
    """
    if rows.masked:
        row, place = np.nonzero(rows.known[:, chosen])
        column = chosen[place]
        return row, rows.probabilities[row, column].astype(np.float64), rows.truth[row, column]
    if rows.several:
        row = np.repeat(np.arange(len(rows)), len(chosen))
        return row, rows.probabilities[:, chosen].ravel().astype(np.float64), rows.truth[:, chosen].ravel()
    row = np.flatnonzero(np.isin(rows.predicted, chosen))
    confidence = rows.probabilities[row, rows.predicted[row]].astype(np.float64)
    return row, confidence, (rows.predicted[row] == rows.truth[row]).astype(np.float64)


def _value(statistics: Floats, _chosen: Ints) -> Floats:
    gaps, decided, squares, of_gaps, mixed, of_counts = statistics[:-1].reshape(KINDS, BINS, -1)
    units, total = statistics[-1], decided.sum(axis=0)
    # The variance of a bin's gap, over rows and, from the cross products, over groups: the larger one is the noise.
    mean = np.nan_to_num(ratio(gaps, decided))
    by_rows = squares - mean * gaps
    by_units = (of_gaps - 2 * mean * mixed + mean**2 * of_counts) * np.nan_to_num(ratio(units, units - 1))
    noise = np.sqrt(np.maximum(np.maximum(by_rows, by_units), 0.0))
    return ratio(without_noise(gaps, noise), total)


def without_noise(gaps: Floats, noise: Floats, *, steps: int = 12) -> Floats:
    """Return (b,) an estimate of the sum of absolute true gaps from `gaps` with normal noise.

    Noise alone inflates |gap| (Bröcker & Smith 2007; Kumar, Liang & Ma 2019). The gaps are shrunk by the common
    factor in 0..1 for which gaps and noise together have the observed sum in expectation; 0 if noise alone does.

    Parameters
    ----------
    gaps, noise
        (bins, b) observed gaps and their standard errors.
    """
    seen = np.abs(gaps).sum(axis=0)
    low, high = np.zeros_like(seen), np.ones_like(seen)
    for _ in range(steps):  # bisection: the expected sum grows with the factor
        middle = (low + high) / 2
        above = _mean_size(middle * gaps, noise).sum(axis=0) >= seen
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return cast(Floats, np.where(low > 0, high, 0.0) * seen)


def _mean_size(mean: Floats, deviation: Floats) -> Floats:
    """Return the expected absolute value of a normal variable (folded normal; Leone et al. 1961)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(deviation > 0, np.abs(mean) / deviation, np.inf)
    return np.asarray(
        # Beyond 30 deviations the density is 0 in float64; the clip keeps the square finite where a deviation is
        # tiny.
        deviation * np.sqrt(2 / np.pi) * np.exp(-(np.minimum(z, 30) ** 2) / 2) + np.abs(mean) * erf(z / np.sqrt(2))
    )


def _interval(
    one: Measure, groups: Ints | None, *, draws: int = 2000, level: float = 0.95, seed: int = 0
) -> Interval:
    """Return the interval of a calibration error (see `calibration_interval.ends`)."""
    on, estimate = support(one.base(), groups), one.estimate()
    if not np.isfinite(estimate):
        return Interval(np.nan, np.nan, np.nan, on.n, on.groups, level, on.how)
    if on.grouped and on.effective < 1 + 1e-9:
        return Interval(estimate, 0.0, 1.0, on.n, on.groups, level, f"{on.how}; one alone tells nothing", False)
    _, confidence, truth = decisions(one.rows, one.chosen)
    into = bin_of(confidence, edges(confidence))
    there, number = np.unique(into, return_inverse=True)
    decided = np.bincount(number).astype(np.float64)
    sure, right = (np.bincount(number, weights=value) / decided for value in (confidence, truth))
    # With several labels the decisions of a row depend on each other, so that rows are resampled as groups are.
    noise = _noise(one, groups, there, on, min(draws, 400), level, seed) if on.grouped or one.rows.several else None
    low, high = ends(Gaps(decided, sure, right, noise), generator(seed, "calibration"), level=level)
    few = on.grouped and on.effective < LEAST_GROUPS
    how = f"{on.how}; too few to tell: about {on.effective:.1f} groups decide" if few else on.how
    return Interval(estimate, min(low, estimate), max(high, estimate), on.n, on.groups, level, how, not few)


def _noise(
    one: Measure, groups: Ints | None, bins: Ints, on: Support, draws: int, level: float, seed: int
) -> Floats:
    """Return (bins, draws) errors of the weighted gaps over groups (rows), as wide as few groups ask for."""
    units = units_for(one.features, groups)
    sums = one.features.by_unit(units.of_row, units.count)
    drawn = np.asarray(sums @ units.multiplicities(generator(seed, "bootstrap"), draws))
    gaps = ratio(drawn[bins], drawn[BINS : 2 * BINS].sum(axis=0)[None, :])
    whole = one.features.statistics()[:, 0]
    error: Floats = np.nan_to_num(gaps - (whole[bins] / whole[BINS : 2 * BINS].sum())[:, None])
    if not on.grouped:
        return error
    # The test in `ends` takes quantiles of the noise itself, so few groups widen the noise instead of the
    # quantile.
    wider = np.sqrt(on.effective / (on.effective - 1)) * scipy.stats.t.ppf(0.5 + level / 2, on.effective - 1)
    return np.asarray(error * min(float(wider / scipy.stats.norm.ppf(0.5 + level / 2)), 1e4))


def _base(rows: EvaluatedRows, chosen: Ints) -> Floats:
    row, _, _ = decisions(rows, chosen)
    return np.bincount(row, minlength=len(rows)).astype(np.float64)


METRICS.register("calibration_error")(
    Metric(f"Mean gap between confidence and accuracy over {BINS} bins of equal mass, without what chance adds.",
           _features, _value, _base, higher_is_better=False, interval=_interval)
)  # fmt: skip
