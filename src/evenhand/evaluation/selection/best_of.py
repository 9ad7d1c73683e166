"""The best of many models, corrected for selection (Tsamardinos, Greasidou & Borboudakis 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evenhand.base.seeds import generator
from evenhand.base.values import Floats, Interval, Ints
from evenhand.evaluation.core.metric import Measure
from evenhand.evaluation.core.row_sums import ratio
from evenhand.evaluation.figures.evaluate import intervals_over
from evenhand.evaluation.resampling.resampling_units import Units


@dataclass(frozen=True)
class BestOf:
    """The best of several by one metric.

    Attributes
    ----------
    name
        The best on all rows.
    chosen_as
        Its uncorrected figure, which is optimistic.
    corrected
        Its expected figure on new rows, with an interval.
    of
        Number of candidates.
    stability
        Name -> share of the bootstrap samples in which it was the best.
    """

    name: str
    chosen_as: float
    corrected: Interval
    of: int
    stability: dict[str, float]


def best_of(
    measures: Sequence[Measure],
    names: Sequence[str],
    groups: Ints | None,
    *,
    intervals: Sequence[Interval] | None = None,
    reported: float | None = None,
    times: int = 2,
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> BestOf:
    """Return the best of c measures about the same rows, and its figure without what choosing added.

    Bootstrap bias correction. In every bootstrap sample of groups (rows where there are none) the best is chosen
    anew. Its luck is the distance of its figure there from its figure on all rows; that much is taken off the
    figure on all rows. Evaluating the chosen on the groups that were not drawn, as Tsamardinos and others do, comes
    to the same on average. Samples as large as the data choose worse than all rows do, which makes the correction
    too large where some models truly are better; so samples are drawn `times` as large, and luck, which is then
    smaller, is taken off as many times. What figures of samples are off on average, without any choice, is taken
    off alike: ratios such as F1 lie too low where rows or groups are few (Efron & Tibshirani 1993, section 10). A
    choice can only flatter: the corrected figure is never better than the one that was chosen, nor than what would
    have been `reported`. One alone was not chosen, and stays as it is.

    Parameters
    ----------
    measures
        One metric, of c sets of out-of-fold predictions.
    names
        Of the c.
    groups
        (n,) group numbers, or None.
    intervals
        Of the c uncorrected figures; computed here if None.
    reported
        The figure that would have been reported without the correction.
    times
        Size of a sample relative to the data. Larger ones are less biased and vary more.
    draws
        Bootstrap samples.
    """
    sign = 1.0 if measures[0].metric.higher_is_better else -1.0
    figures = np.array([one.estimate() for one in measures])
    at = int(_argbest(sign * figures[:, None])[0])
    own = _interval(measures[at], groups, draws, level, seed) if intervals is None else intervals[at]
    if len(measures) == 1:
        return BestOf(names[0], float(figures[0]), own, 1, {names[0]: 1.0})
    replicates = _replicates(measures, groups, draws, times, seed)
    defined = np.isfinite(replicates)
    mean = ratio(np.where(defined, replicates, 0.0).sum(axis=1), defined.sum(axis=1).astype(np.float64))
    # Measured from the mean of the replicates, not from the figure: what few rows do to a figure is no luck.
    luck, off = np.nan_to_num(replicates - mean[:, None]), np.nan_to_num(mean - figures)
    chosen = _argbest(sign * (figures[:, None] + luck))
    corrected = float(np.mean(figures[chosen] - times * (luck[chosen, np.arange(draws)] + off[chosen])))
    most = min(sign * float(one) for one in (figures[at], figures[at] if reported is None else reported))
    corrected = sign * min(sign * corrected, most)
    share = np.bincount(chosen, minlength=len(names)) / draws
    return BestOf(
        name=names[at],
        chosen_as=float(figures[at]),
        corrected=_widened(own, corrected, *measures[at].metric.bounds),
        of=len(measures),
        stability=dict(zip(names, share.tolist(), strict=True)),
    )


def _interval(one: Measure, groups: Ints | None, draws: int, level: float, seed: int) -> Interval:
    return intervals_over([one], groups, draws=draws, level=level, seed=seed)[0]


def _widened(own: Interval, to: float, lowest: float, highest: float) -> Interval:
    """Return the union of an interval and the same one shifted to the estimate `to`."""
    to = min(max(to, lowest), highest)
    by = to - own.estimate
    low, high = max(own.low + min(by, 0.0), lowest), min(own.high + max(by, 0.0), highest)
    return replace(own, estimate=to, low=low, high=high, how=f"{own.how}, corrected for the choice")


def _replicates(measures: Sequence[Measure], groups: Ints | None, draws: int, times: int, seed: int) -> Floats:
    """Return (c, draws) the measures on samples `times` as large as the data, the same for all."""
    units = _units(measures[0].features.shape[0], groups, times, seed)
    rng = generator(seed, "selection")
    step = max(1, min(draws, 2**22 // (8 * units.count)))
    out = np.empty((len(measures), draws))
    own = {id(one.features): one.features.by_unit(units.of_row, units.count) for one in measures}
    for start in range(0, draws, step):
        here = slice(start, min(start + step, draws))
        drawn = units.multiplicities(rng, here.stop - here.start)
        for row, one in enumerate(measures):
            out[row, here] = one.value(one.features.finish(own[id(one.features)] @ drawn))
    return out


def _units(n: int, groups: Ints | None, times: int, seed: int, *, most: int = 5000) -> Units:
    """Return the units to sample: groups, rows, or for more than `most` rows as many random blocks of rows."""
    if groups is not None:
        count = int(groups.max()) + 1
        return Units(groups, count, times * count)
    if n <= most:
        return Units(np.arange(n), n, times * n)
    # Blocks bound the cost: replicates of a hundred thousand rows need not tell single rows apart.
    return Units(generator(seed, "blocks").permutation(n) % most, most, times * most)


def _argbest(values: Floats) -> Ints:
    """Return (b,) the row of the largest value of each column, ignoring NaN."""
    best: Ints = np.where(np.isfinite(values), values, -np.inf).argmax(axis=0)
    return best
