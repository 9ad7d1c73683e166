"""Chance level: the expected figure of the same predictions in a random order.

Predictions and true classes keep their distributions; only their correspondence is lost (a permutation null). A
model without any signal gets this figure on average, whatever the distribution of its predictions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from evenhand.base.values import Floats, Ints
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.core.metric import Measure, Metric
from evenhand.evaluation.core.row_sums import RowSums, ratio
from evenhand.evaluation.metrics import METRICS
from evenhand.evaluation.metrics.averaged import loss, right, squared_error
from evenhand.evaluation.metrics.counts import counts
from evenhand.evaluation.metrics.metric_names import MetricNameError, parse

PerRow = Callable[[EvaluatedRows, Ints], Floats]
_MEANS: dict[str, PerRow] = {"accuracy": right, "log_loss": loss, "brier": squared_error}


def by_chance(one: Measure, name: str, sets: Sequence[str] = (), levels: Sequence[str] = ()) -> Measure:
    """Return the measure of the chance level on the same rows, for rows with one label each.

    Metrics of counts use expected counts: of a class with t true and p predicted rows, t·p/n are correct. Means
    over rows use the mean over all pairs of a row's probabilities and another row's truth. Others state their
    `chance`, 0.5 for the area under the ROC curve.

    Parameters
    ----------
    one
        A measure made by `ask`.
    name
        Its name.
    sets, levels
        Names of class sets and of levels that may be its suffix.

    Raises
    ------
    MetricNameError
        If chance is not known for this metric, or several labels may hold.
    """
    stem = parse(name, sets, levels).metric
    if one.rows.several:
        raise MetricNameError(name, "has no known chance level where rows may have several labels")
    if isinstance(stem, Metric) and stem.chance is not None:
        level = stem.chance
        return _like(one, one.features, lambda statistics, _: np.full(statistics.shape[1], level))
    if isinstance(stem, Metric) and stem.features is counts:
        return _like(one, one.features, partial(_counted, one.metric.value))
    base = next((known for known in _MEANS if METRICS.get(known) is stem), None)
    if base is None:
        raise MetricNameError(
            name, f"has no known chance level; metrics of counts have one, and {', '.join([*_MEANS, *_stated()])}"
        )
    return _like(one, _all_truths(_MEANS[base], one.rows, one.chosen), _mean_of_pairs)


def _stated() -> list[str]:
    """Return the names of metrics that state their chance level."""
    return [name for name in METRICS.names() if getattr(METRICS.get(name), "chance", None) is not None]


def _like(one: Measure, features: RowSums, value: Callable[[Floats, Ints], Floats]) -> Measure:
    weight = one.base()
    metric = replace(
        one.metric, value=value, base=lambda _rows, _chosen: weight, parts=None, cost=None, few=None, limits=None
    )
    return replace(one, metric=metric, features=features)


def _counted(value: Callable[[Floats, Ints], Floats], statistics: Floats, chosen: Ints) -> Floats:
    """Return the figure from expected counts under chance."""
    _, truth, predicted = statistics.reshape(3, -1, statistics.shape[1])
    # Of a class with t true and p predicted rows among n, t·p/n are right in a random order.
    expected = np.nan_to_num(ratio(truth * predicted, np.broadcast_to(truth.sum(axis=0), truth.shape)))
    return value(np.concatenate([expected, truth, predicted]), chosen)


def _all_truths(of: PerRow, rows: EvaluatedRows, chosen: Ints) -> RowSums:
    """Return features whose sums are, for each chosen class, `of` were it every row's truth; then its rows."""
    inside = np.flatnonzero(np.isin(rows.truth, chosen))
    # Without the cache of `rows`, which was filled under the real truth.
    each = [of(replace(rows, truth=np.full(len(rows), c), _made={}), chosen)[inside] for c in chosen]
    width = len(chosen)
    column = np.repeat(np.arange(width), len(inside))
    own = width + np.searchsorted(chosen, rows.truth[inside])
    return RowSums(
        shape=(len(rows), 2 * width),
        row=np.concatenate([np.tile(inside, width), inside]),
        column=np.concatenate([column, own]),
        value=np.concatenate([*each, np.ones(len(inside))]),
    )


def _mean_of_pairs(statistics: Floats, _chosen: Ints) -> Floats:
    """Return the mean over all pairs of probabilities and truths."""
    sums, truth = np.split(statistics, 2)
    rows = truth.sum(axis=0)
    return ratio((sums * truth).sum(axis=0), rows**2)
