"""Random search over weights."""

from __future__ import annotations

import numpy as np

from evenhand.base.seeds import generator
from evenhand.base.settings.section import option
from evenhand.base.values import Floats
from evenhand.blending.core.method import Learned, Method
from evenhand.blending.core.weighted_sums import Space, Weighted, into, out_of
from evenhand.blending.inputs.stack import Stack
from evenhand.blending.methods import METHODS
from evenhand.blending.methods.greedy import ranked_score


@METHODS.register("random")
class RandomSearch(Method):
    """The best of many weights sampled uniformly from the simplex; equal weights and single models are included."""

    score: dict[str, float] = option({"macro_f1": 1.0}, description="Metrics of the score, with weights.")
    draws: int = option(200, ge=1, le=100_000, description="Number of weights to try.")
    space: Space = option("probability", description="What is averaged: probability, logit or log.")

    def learn(self, stack: Stack, seed: int) -> Learned:
        tables = [into(self.space, table) for table in stack.tables]
        sampled = generator(seed, "random search").dirichlet(np.ones(stack.m), self.draws)
        # In this order: `max` keeps the first of equal scores, so the simplest weights win ties.
        tried = np.concatenate([np.full((1, stack.m), 1 / stack.m), np.eye(stack.m), sampled])
        found = [ranked_score(self._mixed(tables, weights), stack, self.score) for weights in tried]
        return Weighted(tried[max(range(len(tried)), key=found.__getitem__)], self.space)

    def _mixed(self, tables: list[Floats], weights: Floats) -> Floats:
        out = np.zeros_like(tables[0])
        for weight, table in zip(weights, tables, strict=True):
            if weight:
                out += weight * table
        return out_of(self.space, out)
