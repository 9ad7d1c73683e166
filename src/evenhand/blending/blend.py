"""Blend the predictions of several models, cross-fitted: no row contributes to its own prediction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.settings.named_choice import Choice
from evenhand.base.values import Floats, Origin, Predictions
from evenhand.blending.core.crossfit import Crossfit, applied, crossfit
from evenhand.blending.core.method import Learned
from evenhand.blending.core.spec import Recipe, recipe
from evenhand.blending.inputs.align import Aligned, align
from evenhand.blending.inputs.coverage import Coverage
from evenhand.blending.inputs.stack import Stack, stack_of
from evenhand.evaluation.figures.learning_variance import with_learning
from evenhand.evaluation.metrics.metric_names import Levels, Sets

PREFIX = "ensemble:"
"""Prefix of the method in the name of a blend: ensemble:nnls."""


@dataclass(frozen=True, eq=False)
class Blend:
    """A fitted blend of several models.

    Attributes
    ----------
    method
        Name of the recipe ("nnls+temperature").
    models
        Names of the m models.
    learned
        What was learned from all rows, for new rows; and for the rows of each fold, from the other folds.
    predictions
        Out-of-fold: each row predicted by what was learned from the other folds. Their figures are unbiased, unless
        a model is not out of fold here: then their origin is "out-of-fold elsewhere".
    naive
        The same rows predicted by what was learned from all rows, including their own truth: in-sample. Their score
        above that of `predictions` is the optimism of the method.
    test
        Locked rows, predicted by what was learned from all rows, or None.
    coverage
        The coverage of each model, and whether it is out of fold here.
    stack
        The training data, or None if not kept.
    """

    method: str
    models: tuple[str, ...]
    learned: Crossfit
    predictions: Predictions
    naive: Predictions
    test: Predictions | None = None
    coverage: tuple[Coverage, ...] = ()
    stack: Stack | None = field(default=None, repr=False)

    def under_each_fold(self, *, most_rows: int = 20_000) -> Iterator[Predictions]:
        """Yield all rows, predicted without each of the folds in turn: the input of the jackknife over folds.

        Nothing for more than `most_rows` rows, where the learning variance is negligible.
        """
        if self.stack is None or len(self.stack) > most_rows:
            return
        for learned in self.learned.per_fold.values():
            yield replace(self.naive, probabilities=applied(learned, self.stack))

    def with_learning(
        self, metrics: Sequence[str], sets: Sets | None = None, levels: Levels | None = None
    ) -> Predictions:
        """Return the out-of-fold predictions with the learning variance of these metrics.

        `evaluate`, `audit` and `compare` then give it the same interval as the selection report.
        """
        return with_learning(self.predictions, self.under_each_fold(), metrics, sets, levels)

    @property
    def name(self) -> str:
        """The name in tables and charts."""
        return PREFIX + self.method

    @property
    def weights(self) -> Floats | None:
        """(m,) from all rows; None for a method that has no weight per model."""
        return _weights(self.learned.overall)

    @property
    def weights_per_fold(self) -> Floats | None:
        """(f, m) for the rows of each fold, learned on the other folds; None if there are none."""
        each = [_weights(learned) for _, learned in sorted(self.learned.per_fold.items())]
        there = [weights for weights in each if weights is not None]
        return np.array(there) if there else None

    def table(self) -> pd.DataFrame:
        """Return weights as a frame: model, weight, and the smallest and largest weight over the folds.

        Without weights, the models alone.
        """
        columns: dict[str, Any] = {"model": self.models}
        folds = self.weights_per_fold
        if self.weights is not None and folds is not None:
            columns |= {"weight": self.weights, "lowest": folds.min(0), "highest": folds.max(0)}
        return pd.DataFrame(columns)

    def document(self) -> dict[str, Any]:
        """Return method, models and what was learned as plain values, for JSON (ensemble.json)."""
        folds = self.weights_per_fold
        return {
            "method": self.method,
            "models": list(self.models),
            "weights": None,
            "weights_per_fold": None if folds is None else folds.tolist(),
            "coverage": [one.document() for one in self.coverage],
            **self.learned.overall.document(),
        }

    def apply(
        self, predictions: Sequence[Predictions], features: Mapping[str, Floats] | None = None
    ) -> Predictions:
        """Return the blend of predictions of the same models on new rows.

        Raises
        ------
        DataError
            If they are not of these models in this order, or do not fit together.
        """
        return _predicted(self.learned.overall, predictions, self.models, self.name, features)

    def __repr__(self) -> str:
        if self.weights is None:
            return f"Blend({self.method} of {', '.join(self.models)})"
        parts = ", ".join(f"{name} {weight:.2f}" for name, weight in zip(self.models, self.weights, strict=True))
        return f"Blend({self.method}: {parts})"

    def _repr_html_(self) -> str:
        return f"<p>{self.name}</p>{self.table().to_html(index=False, escape=True, float_format='{:.3f}'.format)}"


def blend(
    predictions: Sequence[Predictions] | Aligned,
    method: Choice | Recipe = "nnls",
    *,
    test: Sequence[Predictions] | None = None,
    rows: Literal["same", "common"] = "same",
    features: Mapping[str, Floats] | None = None,
    test_features: Mapping[str, Floats] | None = None,
    score: Mapping[str, float] | None = None,
    seed: int = 0,
) -> Blend:
    """Return the blend of several models' out-of-fold predictions.

    Parameters
    ----------
    predictions
        Out-of-fold predictions of every model on the same rows. Rows without a known truth are blended, but not
        learned from. A model whose folds differ from those of the first is accepted, and marked.
    method
        A name ("nnls"), several steps ("nnls+temperature"), or a table with a name and options.
    test
        Predictions of the same models, in the same order, on locked rows.
    rows
        How to treat missing rows of a model; see `align`.
    features, test_features
        Name -> (n, d) numbers stored for the same rows, for experts and neighbours.
    score
        Metric -> weight, the objective of methods that maximise a score ({"macro_f1": 1}).
    seed
        Of all random numbers.

    Raises
    ------
    EvenhandError
        If there is no such method, or an option of it is wrong.
    DataError
        If the predictions do not fit together, have no truth or folds, or are in-sample.
    """
    how = recipe(method, score=score)
    models = predictions if isinstance(predictions, Aligned) else align(predictions, rows=rows)
    _check_believable(models)
    stack = stack_of(models, features)
    learned = crossfit(how, stack, seed)
    name = PREFIX + how.name
    # One model from elsewhere may have seen these rows, and its weight was chosen by them.
    origin: Origin = "out-of-fold elsewhere" if models.elsewhere else "out-of-fold"
    out = replace(
        models.first, probabilities=learned.out_of_fold(stack), model=name, logits=None, origin=origin, learned={}
    )
    naive = replace(out, probabilities=learned.naive(stack), origin="in-sample")
    locked = None if test is None else _predicted(learned.overall, test, models.names, name, test_features)
    return Blend(how.name, models.names, learned, out, naive, locked, models.coverage, stack)


def _predicted(
    learned: Learned,
    predictions: Sequence[Predictions],
    names: Sequence[str],
    model: str,
    features: Mapping[str, Floats] | None,
) -> Predictions:
    """Return the predictions of a fitted blend; origin, truth and groups are those of the first model."""
    found = [p.model for p in predictions]
    if found != list(names):
        raise DataError(f"The blend is of {', '.join(names)}; these predictions are of {', '.join(found)}.")
    models = align(predictions)
    table = applied(learned, stack_of(models, features))
    return replace(models.first, probabilities=table, model=model, logits=None, learned={})


def _weights(learned: Learned) -> Floats | None:
    found = learned.document().get("weights")
    return None if found is None else np.asarray(found)


def _check_believable(models: Aligned) -> None:
    """Raise a `DataError` for predictions that must not be learned from."""
    for p in models.models:
        if p.origin not in ("out-of-fold", "out-of-fold elsewhere"):
            raise DataError(
                f'The predictions of "{p.model}" are {p.origin}; blends are learned on out-of-fold predictions '
                "only, since a model is too good on rows that it was trained on."
            )
    first = models.first
    if first.fold is not None and first.fold.min() < 0:
        count = int((first.fold < 0).sum())
        raise DataError(f'{count} out-of-fold rows of "{first.model}" are locked; pass them as test=.')
