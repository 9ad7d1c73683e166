"""One prediction from several: the blend, with weights cross-fitted over the folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.values import Floats, Predictions
from evenhand.ensemble.align import Aligned, align
from evenhand.ensemble.blends import BLENDS
from evenhand.ensemble.weights import Weights, shares
from evenhand.evaluation.rows import known

PREFIX = "ensemble:"
"""Goes before the method in the name of a blend: ensemble:nnls."""


@dataclass(frozen=True, eq=False)
class Blend:
    """Several models as one.

    Attributes
    ----------
    method
        Name of the way of weighting.
    models
        Names of the m models.
    weights
        (m,) from all rows; they weigh the models on rows that are new.
    weights_per_fold
        (f, m) for the rows of each fold, learned on the other folds.
    predictions
        Out-of-fold: the rows of each fold under that fold's weights. Their figures can be believed.
    naive
        The same rows under `weights`, which have seen their truth: in-sample. What they score above `predictions`
        is the optimism of the weighting.
    test
        Locked rows under `weights`, or None.
    """

    method: str
    models: tuple[str, ...]
    weights: Floats
    weights_per_fold: Floats
    predictions: Predictions
    naive: Predictions
    test: Predictions | None = None

    @property
    def name(self) -> str:
        """The name in tables and charts."""
        return PREFIX + self.method

    def table(self) -> pd.DataFrame:
        """Return weights as a frame: model, weight, and the smallest and largest weight over the folds."""
        folds = self.weights_per_fold
        columns = {"model": self.models, "weight": self.weights, "lowest": folds.min(0), "highest": folds.max(0)}
        return pd.DataFrame(columns)

    def document(self) -> dict[str, Any]:
        """Return method, models and weights as plain values, for JSON (ensemble.json)."""
        return {
            "method": self.method,
            "models": list(self.models),
            "weights": self.weights.tolist(),
            "weights_per_fold": self.weights_per_fold.tolist(),
        }

    def apply(self, predictions: Sequence[Predictions]) -> Predictions:
        """Return predictions of the same models on new rows as one, under `weights`.

        Raises
        ------
        DataError
            If they are not of these models in this order, or do not fit together.
        """
        return weighted(predictions, self.weights, self.models, self.name)

    def __repr__(self) -> str:
        parts = ", ".join(f"{name} {weight:.2f}" for name, weight in zip(self.models, self.weights, strict=True))
        return f"Blend({self.method}: {parts})"

    def _repr_html_(self) -> str:
        return f"<p>{self.name}</p>{self.table().to_html(index=False, escape=True, float_format='{:.3f}'.format)}"


def blend(
    predictions: Sequence[Predictions], method: str = "nnls", *, test: Sequence[Predictions] | None = None
) -> Blend:
    """Return several models' out-of-fold predictions as one.

    Parameters
    ----------
    predictions
        Out-of-fold predictions of every model on the same rows, over the same plan of folds. Rows whose truth is
        not known are blended, but teach nothing.
    method
        "equal", "nnls", or another registered way of weighting.
    test
        Predictions of the same models, in the same order, on locked rows.

    Raises
    ------
    EvenhandError
        If there is no such method.
    DataError
        If the predictions do not fit together, have no truth or folds, or are not out-of-fold here.
    """
    weigh = BLENDS.get(method)
    models = align(predictions)
    _check_believable(models)
    weights = weigh(_with_truth(models))
    first, name = models.first, PREFIX + method
    out = replace(first, probabilities=_by_fold(models, weights), model=name, logits=None)
    naive = replace(out, probabilities=models.mix(weights.overall), origin="in-sample")
    locked = None if test is None else weighted(test, weights.overall, models.names, name)
    return Blend(method, models.names, weights.overall, weights.per_fold, out, naive, locked)


def _by_fold(models: Aligned, weights: Weights) -> Floats:
    """Return (n, k) the blend in which each row is under its fold's weights.

    A fold without weights of its own has no row with a known truth; `overall` has then seen none of its rows.
    """
    fold = models.first.fold
    assert fold is not None
    mixed = np.empty(models.first.probabilities.shape)
    for number in np.unique(fold):
        rows = fold == number
        own = weights.per_fold[number] if number < len(weights.per_fold) else weights.overall
        mixed[rows] = models.mix(own, rows)
    return mixed


def average(predictions: Sequence[Predictions], model: str) -> Predictions:
    """Return the plain mean of several predictions for the same rows, such as those of the seeds of one model."""
    weights = shares(np.ones(len(predictions)))
    return weighted(predictions, weights, tuple(p.model for p in predictions), model)


def weighted(predictions: Sequence[Predictions], weights: Floats, names: Sequence[str], model: str) -> Predictions:
    """Return the weighted sum of predictions for the same rows; origin, truth and groups are those of the first.

    Raises
    ------
    DataError
        If the models are not those of `names`, in that order, or do not fit together.
    """
    found = [p.model for p in predictions]
    if found != list(names):
        raise DataError(f"The weights are for {', '.join(names)}; these predictions are of {', '.join(found)}.")
    models = align(predictions)
    return replace(models.first, probabilities=models.mix(weights), model=model, logits=None)


def _check_believable(models: Aligned) -> None:
    """Refuse what weights must not be learned on."""
    for p in models.models:
        if p.origin != "out-of-fold":
            raise DataError(
                f'The predictions of "{p.model}" are {p.origin}; weights are learned on out-of-fold predictions '
                "only, since a model is always good on rows that it has seen."
            )
    first = models.first
    if first.truth is None or first.fold is None:
        lacks = "truth" if first.truth is None else "folds"
        raise DataError(f'The predictions of "{first.model}" have no {lacks}; weights cannot be learned without.')
    if first.fold.min() < 0:
        count = int((first.fold < 0).sum())
        raise DataError(f'{count} out-of-fold rows of "{first.model}" are locked; give them as test=.')


def _with_truth(models: Aligned) -> Aligned:
    """Return the rows whose truth is known."""
    assert models.first.truth is not None
    rows = known(models.first.truth)
    if not rows.any():
        raise DataError(f'No row of "{models.first.model}" has a known truth; weights cannot be learned without.')
    return models if rows.all() else Aligned(tuple(p.take(rows) for p in models.models))
