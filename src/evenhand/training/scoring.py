"""How good probabilities are, once an epoch: [score] and its parts, recall and share predicted per class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Floats
from evenhand.evaluation.names import Levels, Sets
from evenhand.evaluation.score import fast_score
from evenhand.training.job import Score, Scorer


def scorer_of(
    truth: npt.NDArray[Any],
    classes: Sequence[str],
    weights: Mapping[str, float],
    sets: Sets | None = None,
    levels: Levels | None = None,
) -> Scorer:
    """Return what judges probabilities (m, k) of the rows whose labels are `truth`.

    Parameters
    ----------
    truth
        (m,) class indices, or (m, k) where several may hold; every row's label is known.
    classes
        The k class names.
    weights, sets, levels
        As in `fast_score`.
    """

    def score(probabilities: Floats) -> Score:
        if not len(probabilities):
            return Score(float("nan"))
        value, parts = fast_score(probabilities, truth, classes, weights, sets, levels)
        return Score(value, parts, *shares(probabilities, truth))

    return score


def shares(probabilities: Floats, truth: npt.NDArray[Any]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return (k,) recall, and the (k,) share of the rows that were called each class.

    The most probable class is the one called; where several may hold, those of 0.5 and more. The recall of a class
    without rows is NaN.
    """
    n, k = probabilities.shape
    if truth.ndim == 2:
        called, held = probabilities >= 0.5, truth >= 0.5
        calls, rows, found = called.sum(axis=0), held.sum(axis=0), (called & held).sum(axis=0)
    else:
        chosen = probabilities.argmax(axis=1)
        calls, rows, found = (np.bincount(of, minlength=k) for of in (chosen, truth, truth[chosen == truth]))
    recall = np.where(rows > 0, found / np.maximum(rows, 1), np.nan)
    return tuple(recall.tolist()), tuple((calls / n).tolist())
