"""Weights by the score of each model."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from evenhand.base.settings.section import option
from evenhand.blending.core.method import Learned, Method
from evenhand.blending.core.weighted_sums import Space, Weighted, shares
from evenhand.blending.inputs.stack import Stack
from evenhand.blending.methods import METHODS


@METHODS.register("score")
class ByScore(Method):
    """Weights proportional to a power of the score above that of constant class frequencies."""

    takes_several: ClassVar[bool] = True
    score: dict[str, float] = option({"macro_f1": 1.0}, description="Metrics of the score, with weights.")
    power: float = option(
        1.0, gt=0, description="Exponent of the score in the weights; larger values favour the best models."
    )
    space: Space = option("probability", description="What is averaged: probability, logit or log.")

    def learn(self, stack: Stack, seed: int) -> Learned:
        constant = np.broadcast_to(_prior(stack), (len(stack), stack.k))
        baseline = self._score(constant, stack)
        # Above the baseline only: with raw scores, a model that knows nothing would still get weight.
        gains = np.array([self._score(table, stack) - baseline for table in stack.tables])
        return Weighted(shares(np.maximum(gains, 0.0) ** self.power), self.space, stack.several)

    def _score(self, table: np.ndarray, stack: Stack) -> float:
        return stack.score(table, self.score)


def _prior(stack: Stack) -> np.ndarray:
    """Return (k,) the share of each class; of several labels, among the rows where it is known."""
    if stack.several:
        known = ~np.isnan(stack.labels)
        return np.asarray(np.nansum(stack.labels, axis=0) / np.maximum(known.sum(axis=0), 1))
    return np.bincount(stack.labels, minlength=stack.k) / len(stack)
