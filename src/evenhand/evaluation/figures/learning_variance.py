"""What learning adds to how far a figure may lie from the truth: other rows would have taught other weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from evenhand.base.values import Interval, Predictions
from evenhand.evaluation.core.judged_rows import known, rows_of
from evenhand.evaluation.core.metric import Measure
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.metrics.metric_names import Levels, Sets
from evenhand.evaluation.resampling.paired_interval import Spread


@dataclass(frozen=True)
class Learning:
    """How far a figure moves with the rows that weights, thresholds and the like were learned from.

    Attributes
    ----------
    error
        The standard error that this adds; 0 for what learns nothing.
    freedom
        Degrees of freedom of `error`.
    """

    error: float = 0.0
    freedom: float = np.inf

    def widened(self, own: Interval, lowest: float, highest: float) -> Interval:
        """Return an interval with this error in it, on each side apart: squares add up."""
        if self.error <= 0 or not np.isfinite(own.estimate):
            return own
        reach = float(stats.t.ppf(0.5 + own.level / 2, self.freedom) * self.error)
        low = max(own.estimate - float(np.hypot(own.estimate - own.low, reach)), lowest)
        high = min(own.estimate + float(np.hypot(own.high - own.estimate, reach)), highest)
        return replace(
            own, low=min(low, own.low), high=max(high, own.high), how=f"{own.how}, and over what is learned"
        )

    def added(self, own: Spread) -> Spread:
        """Return a spread with this error in it; its degrees of freedom after Satterthwaite (1946)."""
        if self.error <= 0 or own.error <= 0:
            return own
        square, more = own.error**2, self.error**2
        freedom = (square + more) ** 2 / (square**2 / own.freedom + more**2 / self.freedom)
        return replace(own, error=float(np.sqrt(square + more)), freedom=float(freedom))


def learning(figures: Sequence[float]) -> Learning:
    """Return what learning adds, by the jackknife over folds (Quenouille 1956; Tukey 1958).

    Parameters
    ----------
    figures
        The figure of all rows under what was learned without each of the f folds.
    """
    there = np.array([one for one in figures if np.isfinite(one)])
    if len(there) < 2:
        return Learning()
    f = len(there)
    return Learning(float(np.sqrt((f - 1) * there.var())), f - 1.0)


def with_learning(
    p: Predictions,
    relearned: Iterable[Predictions],
    metrics: Sequence[str],
    sets: Sets | None = None,
    levels: Levels | None = None,
) -> Predictions:
    """Return predictions that carry what learning adds to each metric; as they are where nothing was learned again.

    Parameters
    ----------
    p
        Out-of-fold predictions of a blend.
    relearned
        All rows under what was learned without each of the folds; read once.
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
    """Return each metric of the rows whose truth is known."""
    if p.truth is not None and not (there := known(p.truth)).all():
        p = p.take(there)
    measures = ask(rows_of(p), metrics, sets, levels)
    whole = {id(features): features.statistics() for features in (one.features for one in measures)}
    return [one.estimate(whole[id(one.features)]) for one in measures]


def learning_of(p: Predictions, metric: str) -> Learning:
    """Return what learning adds to one metric of predictions; nothing where that is not known."""
    error, freedom = p.learned.get(metric, (0.0, np.inf))
    return Learning(error, freedom)


def widened(
    p: Predictions, metrics: Sequence[str], measures: Sequence[Measure], own: Sequence[Interval]
) -> list[Interval]:
    """Return intervals of predictions with what learning adds, the same that the ladder gives to a nested figure.

    Of a blend that carries this for other metrics only, `how` says that it is not known here.
    """
    out = []
    for name, one, interval in zip(metrics, measures, own, strict=True):
        if p.learned and name not in p.learned:
            interval = replace(interval, how=f"{interval.how}, without what learning adds")
        out.append(learning_of(p, name).widened(interval, one.metric.lower_bound, one.metric.upper_bound))
    return out
