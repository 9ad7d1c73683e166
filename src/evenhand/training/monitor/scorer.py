"""The score of an epoch: [score] and its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from evenhand.base.values import TRUTH_THRESHOLD, Floats
from evenhand.evaluation.figures.score import fast_score
from evenhand.evaluation.metrics.metric_names import Levels, Sets


@dataclass(frozen=True)
class Score:
    """The score of probabilities.

    Attributes
    ----------
    value
        The score, which is maximised; NaN where it cannot be estimated.
    parts
        Metrics that it consists of, by name.
    """

    value: float
    parts: Mapping[str, float] = field(default_factory=dict)


Scorer = Callable[[Floats], Score]
"""(m, k) float64 probabilities of the scored rows -> their score."""


def scorer_of(
    truth: npt.NDArray[Any],
    classes: Sequence[str],
    weights: Mapping[str, float],
    sets: Sets | None = None,
    levels: Levels | None = None,
    groups: object = None,
    truth_threshold: float = TRUTH_THRESHOLD,
) -> Scorer:
    """Return a scorer of (m, k) probabilities of the rows whose labels are `truth`.

    Parameters
    ----------
    truth
        (m,) class indices, or (m, k) where several may hold; something is known of each row.
    classes
        The k class names.
    weights, sets, levels, groups, truth_threshold
        As in `fast_score`.
    """

    def score(probabilities: Floats) -> Score:
        if not len(probabilities):
            return Score(float("nan"))
        return Score(*fast_score(probabilities, truth, classes, weights, sets, levels, groups, truth_threshold))

    return score
