"""The variance that learning adds to a figure: other rows would have given other weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from evenhand.base.values import Interval, Predictions
from evenhand.evaluation.core.evaluated_rows import known, rows_of
from evenhand.evaluation.core.metric import Measure
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.metrics.metric_names import Levels, Sets
from evenhand.evaluation.resampling.paired_interval import Spread


@dataclass(frozen=True)
class Learning:
    """The variation of a figure with the rows from which weights, thresholds and the like were learned.

    Attributes
    ----------
    error
        The standard error that this adds; 0 where nothing is learned.
    freedom
        Degrees of freedom of `error`.
    """

    error: float = 0.0
    freedom: float = np.inf

    def widened(self, own: Interval, lowest: float, highest: float) -> Interval:
        """Return an interval widened by this error, each side in quadrature."""
        if self.error <= 0 or not np.isfinite(own.estimate):
            return own
        reach = float(stats.t.ppf(0.5 + own.level / 2, self.freedom) * self.error)
        low = max(own.estimate - float(np.hypot(own.estimate - own.low, reach)), lowest)
        high = min(own.estimate + float(np.hypot(own.high - own.estimate, reach)), highest)
        return replace(
            own, low=min(low, own.low), high=max(high, own.high), how=f"{own.how}, and over what is learned"
        )

    def added(self, own: Spread) -> Spread:
        """Return a spread widened by this error; degrees of freedom after Satterthwaite (1946)."""
        if self.error <= 0 or own.error <= 0:
            return own
        square, more = own.error**2, self.error**2
        freedom = (square + more) ** 2 / (square**2 / own.freedom + more**2 / self.freedom)
        return replace(own, error=float(np.sqrt(square + more)), freedom=float(freedom))


def learning(figures: Sequence[float]) -> Learning:
    """Return the learning variance, by the jackknife over folds (Quenouille 1956; Tukey 1958).

    Parameters
    ----------
    figures
        The figure of all rows, once for each of the f folds, learned without that fold.
    """
    there = np.array([one for one in figures if np.isfinite(one)])
    if len(there) < 2:
        return Learning()
    f = len(there)
    # The jackknife: two of its samples share all but two folds, so their variance is inflated by f - 1.
    return Learning(float(np.sqrt((f - 1) * there.var())), f - 1.0)


def with_learning(
    p: Predictions,
    relearned: Iterable[Predictions],
    metrics: Sequence[str],
    sets: Sets | None = None,
    levels: Levels | None = None,
) -> Predictions:
    """Return predictions with the learning variance of each metric attached; unchanged without `relearned`.

    Parameters
    ----------
    p
        Out-of-fold predictions of a blend.
    relearned
        All rows, predicted by what was learned without each of the folds; consumed once.
    metrics, sets, levels
        As in `evaluate`.

    Raises
    ------
    DataError
        If a name is not a metric here.
    """
    under = [_figures(one, metrics, sets or {}, levels or {}) for one in relearned]
    if not under:
        return p
    each = [learning(figures) for figures in zip(*under, strict=True)]
    learned = {name: (one.error, float(len(under) - 1)) for name, one in zip(metrics, each, strict=True)}
    return replace(p, learned={**p.learned, **learned})


def _figures(p: Predictions, metrics: Sequence[str], sets: Sets, levels: Levels) -> list[float]:
    """Return each metric on the rows whose truth is known."""
    if p.truth is not None and not (there := known(p.truth)).all():
        p = p.take(there)
    measures = ask(rows_of(p), metrics, sets, levels)
    whole = {id(features): features.statistics() for features in (one.features for one in measures)}
    return [one.estimate(whole[id(one.features)]) for one in measures]


def learning_of(p: Predictions, metric: str) -> Learning:
    """Return the learning variance of one metric of predictions; zero where it is not known."""
    error, freedom = p.learned.get(metric, (0.0, np.inf))
    return Learning(error, freedom)


def widened(
    p: Predictions, metrics: Sequence[str], measures: Sequence[Measure], own: Sequence[Interval]
) -> list[Interval]:
    """Return intervals widened by the learning variance, as the selection report does for nested figures.

    If a blend carries it for other metrics only, `how` states that it is missing here.
    """
    out = []
    for name, one, interval in zip(metrics, measures, own, strict=True):
        if p.learned and name not in p.learned:
            interval = replace(interval, how=f"{interval.how}, without what learning adds")
        out.append(learning_of(p, name).widened(interval, one.metric.lower_bound, one.metric.upper_bound))
    return out
