"""Fitted stackers: a scikit-learn estimator, and the conversion of its output to probabilities."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from evenhand.base.values import Floats, Ints
from evenhand.blending.inputs.stack import Stack
from evenhand.blending.inputs.stacking_features import Feature, of_candidates, of_rows, shared_out, spread

Ask = Literal["candidates", "rows"]
"""The target: whether a row belongs to a candidate class (binary), or its class (multinomial)."""


@dataclass(frozen=True, eq=False)
class OfRows:
    """A multinomial estimator on all classes of a row side by side.

    Attributes
    ----------
    estimator
        With `predict_proba`; None if the training rows had only one class.
    seen
        (s,) classes of the training rows.
    features
        Its inputs.
    """

    estimator: Any
    seen: Ints
    features: tuple[Feature, ...]

    def apply(self, stack: Stack) -> Floats:
        if self.estimator is None:
            answers = np.ones((len(stack), 1))
        else:
            answers = self.estimator.predict_proba(of_rows(stack, self.features))
        return spread(answers, self.seen, stack.mean())

    def document(self) -> dict[str, Any]:
        return {"features": list(self.features)}


@dataclass(frozen=True, eq=False)
class OfCandidates:
    """A binary estimator of whether a row belongs to each of its candidate classes."""

    estimator: Any
    features: tuple[Feature, ...]
    most: int

    def apply(self, stack: Stack) -> Floats:
        asked = of_candidates(stack, self.features, self.most)
        answers = self.estimator.predict_proba(asked.table)[:, 1]
        return shared_out(stack.mean(), asked.classes, answers.reshape(asked.classes.shape))

    def document(self) -> dict[str, Any]:
        return {"features": list(self.features), "candidates": self.most}


@dataclass(frozen=True)
class TheMean:
    """The mean of the models, if nothing could be learned."""

    def apply(self, stack: Stack) -> Floats:
        return stack.mean()

    def document(self) -> dict[str, Any]:
        return {}


def fit_rows(estimator: Any, stack: Stack, features: Sequence[Feature]) -> OfRows:
    """Return an estimator fitted on rows with all classes side by side."""
    seen = np.unique(stack.labels)
    if len(seen) < 2:
        return OfRows(None, seen, tuple(features))
    # An estimator that stopped before it converged is evaluated on rows that it has not seen, like any other; a
    # warning for every fold would add nothing.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(of_rows(stack, features), stack.labels)
    return OfRows(estimator, seen, tuple(features))


def fit_candidates(estimator: Any, stack: Stack, features: Sequence[Feature], most: int) -> OfCandidates | TheMean:
    """Return a binary estimator fitted on (row, candidate class) pairs, for the likeliest classes."""
    asked = of_candidates(stack, features, most)
    right = (asked.classes == stack.labels[:, None]).ravel()
    # One class only: scikit-learn's estimators refuse to be fitted.
    if right.all() or not right.any():
        return TheMean()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(asked.table, right.astype(np.int64))
    return OfCandidates(estimator, tuple(features), most)
