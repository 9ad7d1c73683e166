"""Equal weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from evenhand.base.settings.section import option
from evenhand.blending.core.method import Learned, Method
from evenhand.blending.core.weighted_sums import Space, Weighted, shares
from evenhand.blending.inputs.stack import Stack
from evenhand.blending.methods import METHODS


@METHODS.register("equal")
class EqualWeights(Method):
    """The plain mean: nothing is learned, so nothing can be overfitted."""

    takes_several: ClassVar[bool] = True
    space: Space = option(
        "probability", description="What is averaged: probabilities, log-odds (logit) or logarithms (log)."
    )

    def learn(self, stack: Stack, seed: int) -> Learned:
        """Return equal weights."""
        return Weighted(shares(np.ones(stack.m)), self.space, stack.several)

    def learn_each(self, stack: Stack, seed: int) -> tuple[Learned, Mapping[int, Learned]]:
        # Nothing depends on the rows, so that all folds share one.
        learned = self.learn(stack, seed)
        return learned, dict.fromkeys(stack.folds, learned)
