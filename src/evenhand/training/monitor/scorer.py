"""How good probabilities are, once an epoch: [score] and its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt

from evenhand.base.values import Floats
from evenhand.evaluation.figures.score import fast_score
from evenhand.evaluation.metrics.metric_names import Levels, Sets
from evenhand.training.loop.fit_spec import Score, Scorer


def scorer_of(
    truth: npt.NDArray[Any],
    classes: Sequence[str],
    weights: Mapping[str, float],
    sets: Sets | None = None,
    levels: Levels | None = None,
    groups: object = None,
) -> Scorer:
    """Return what judges probabilities (m, k) of the rows whose labels are `truth`.

    Parameters
    ----------
    truth
        (m,) class indices, or (m, k) where several may hold; every row's label is known.
    classes
        The k class names.
    weights, sets, levels, groups
        As in `fast_score`.
    """

    def score(probabilities: Floats) -> Score:
        if not len(probabilities):
            return Score(float("nan"))
        return Score(*fast_score(probabilities, truth, classes, weights, sets, levels, groups))

    return score
