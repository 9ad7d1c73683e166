"""The score to maximise, as one number and its parts, fast enough for every epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.values import TRUTH_THRESHOLD, Floats
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows, known, numbered
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.metrics.metric_names import Levels, Sets


def fast_score(
    probabilities: Floats,
    truth: npt.NDArray[Any],
    classes: Sequence[str],
    weights: Mapping[str, float],
    sets: Sets | None = None,
    levels: Levels | None = None,
    groups: object = None,
    truth_threshold: float = TRUTH_THRESHOLD,
) -> tuple[float, dict[str, float]]:
    """Return the score and its metrics, without intervals.

    The score is the weighted sum of the metrics, with losses and errors negated, so that more is always better. A
    metric that is not defined on these rows (a class without a row) counts as its worst value: its lower bound, or
    for a loss its upper one; log-loss, which has none, as minus the logarithm of the smallest probability.

    Parameters
    ----------
    probabilities
        (n, k) in [0, 1].
    truth
        (n,) class indices, or (n, k) where several labels may hold; what is unknown is ignored.
    classes
        The k class names.
    weights
        Metric name -> weight.
    sets, levels
        As in `evaluate`.
    groups
        (n,) group of each row, for metrics that compare groups; None if there are none.
    truth_threshold
        The degree from which on a soft label is true.

    Returns
    -------
    score
        The weighted sum.
    parts
        Metric name -> its value (NaN where not defined).
    """
    there, numbers = known(truth), numbered(groups)
    if not there.all():
        probabilities, truth = probabilities[there], truth[there]
        numbers = None if numbers is None else numbers[there]
    rows = EvaluatedRows(tuple(classes), probabilities, truth, groups=numbers, truth_threshold=truth_threshold)
    parts: dict[str, float] = {}
    score = 0.0
    for one, (name, weight) in zip(
        ask(rows, list(weights), sets or {}, levels or {}), weights.items(), strict=True
    ):
        parts[name] = one.estimate()
        bounds = one.metric.lower_bound, min(one.metric.upper_bound, -np.log(rows.smallest))
        worst = bounds[0] if one.metric.higher_is_better else bounds[1]
        value = parts[name] if np.isfinite(parts[name]) else worst
        score += weight * (value if one.metric.higher_is_better else -value)
    return float(score), parts
