"""Metrics with confidence intervals for a set of predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evenhand.base.errors import DataError
from evenhand.base.values import Interval, Ints, Predictions
from evenhand.evaluation.core.evaluated_rows import known, rows_of
from evenhand.evaluation.core.metric import Measure
from evenhand.evaluation.figures.learning_variance import widened
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.metrics.metric_names import Levels, Sets
from evenhand.evaluation.resampling.bootstrap import bootstrap_parts
from evenhand.evaluation.resampling.intervals import figure
from evenhand.evaluation.resampling.resampling_units import group_numbers

ONE_LABEL = (
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "weighted_f1",
    "worst_recall",
    "log_loss",
    "brier",
    "roc_auc",
    "average_precision",
    "calibration_error",
)
"""Default metrics for rows with one label each."""
SEVERAL_LABELS = (
    "subset_accuracy",
    "hamming",
    "micro_f1",
    "macro_f1",
    "weighted_f1",
    "macro_precision",
    "macro_recall",
    "log_loss",
    "brier",
    "roc_auc",
    "average_precision",
    "micro_average_precision",
    "label_ranking_average_precision",
    "coverage_error",
    "calibration_error",
)
"""Default metrics for rows that may have several labels."""


def default_metrics(p: Predictions, *, top: int = 5, many: int = 10) -> tuple[str, ...]:
    """Return the names of the default metrics.

    With more than `many` classes they include top-`top` accuracy.
    """
    if p.multi_label:
        return SEVERAL_LABELS
    return (*ONE_LABEL[:2], f"top_{top}", *ONE_LABEL[2:]) if p.k > many else ONE_LABEL


def evaluate(
    p: Predictions,
    metrics: Sequence[str] | None = None,
    *,
    sets: Sets | None = None,
    levels: Levels | None = None,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, Interval]:
    """Return each metric with its interval; rows without a known truth are ignored.

    Parameters
    ----------
    p
        Predictions with their truth. Intervals are taken over `p.groups`, named groups or families, and include
        the learning variance of a blend (`p.learned`).
    metrics
        Names such as "macro_f1", "recall[S]", "top_5", "macro_f1_rare", "accuracy_coarse"
        (docs/reference/metrics.md); without any, `default_metrics`.
    sets
        Name -> classes; each defines a variant of every metric with that suffix.
    levels
        Name -> for each of the k classes the name of its coarser class; likewise.
    draws
        Number of bootstrap replicates.
    level
        Nominal coverage.
    seed
        The same seed gives the same intervals.

    Raises
    ------
    DataError
        If a name is not a metric here, or there is no row with a known truth.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.integers(0, 3, 200)
    >>> probabilities = 0.7 * rng.dirichlet(np.ones(3), 200) + 0.3 * np.eye(3)[truth]
    >>> p = Predictions(np.arange(200).astype(str), ("a", "b", "c"), probabilities, truth)
    >>> print(evaluate(p, ["macro_f1"])["macro_f1"])
    0.679 [0.609, 0.743]
    """
    p = labelled(p)
    names = list(default_metrics(p) if metrics is None else dict.fromkeys(metrics))
    measures = ask(rows_of(p), names, sets or {}, levels or {})
    found = intervals(measures, p, draws=draws, level=level, seed=seed)
    return dict(zip(names, widened(p, names, measures, found), strict=True))


def labelled(p: Predictions) -> Predictions:
    """Return the rows of `p` whose truth is known.

    Raises
    ------
    DataError
        If there is none.
    """
    if p.truth is None or not (rows := known(p.truth)).any():
        name = p.model or "unnamed"
        raise DataError(f'No row of the predictions "{name}" has a known truth; there is nothing to evaluate.')
    return p if rows.all() else p.take(rows)


def intervals(
    measures: Sequence[Measure], p: Predictions, *, draws: int, level: float, seed: int
) -> list[Interval]:
    """Return the interval of every measure on the rows of `p`, in order, without the learning variance."""
    found = intervals_over(measures, group_numbers(p.groups, len(p)), draws=draws, level=level, seed=seed)
    if not p.families:
        return found
    return [replace(one, how=one.how.replace("groups", "families")) for one in found]


def intervals_over(
    measures: Sequence[Measure], groups: Ints | None, *, draws: int, level: float, seed: int
) -> list[Interval]:
    """Return the interval of every measure on the same rows, in their order.

    Parameters
    ----------
    groups
        (n,) group numbers, or None.
    """
    plain = [one for one in measures if one.metric.interval is None]
    replicates, moments = bootstrap_parts(plain, groups, draws=draws, seed=seed)
    drawn = dict(zip(map(id, plain), zip(replicates, moments, strict=True), strict=True))
    # Measures often share features (all of one confusion table): their sums over all rows are computed once.
    every = {id(one.features): one.features for one in plain}
    whole = {key: features.statistics() for key, features in every.items()}
    found = [
        figure(one, groups, *drawn[id(one)], statistics=whole[id(one.features)], level=level)
        if one.metric.interval is None
        else one.metric.interval(one, groups, draws=draws, level=level, seed=seed)
        for one in measures
    ]
    return [_with_threshold(one, interval) for one, interval in zip(measures, found, strict=True)]


def _with_threshold(one: Measure, found: Interval) -> Interval:
    """Return a figure that says from which degree on a soft label was taken for true, where it was."""
    if not one.rows.soft or one.metric.takes_degrees:
        return found
    return replace(found, how=f"{found.how}; a label is true from {one.rows.truth_threshold:g} on")
