"""Greedy forward selection of models, with replacement."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evenhand.base.seeds import generator
from evenhand.base.settings.section import option
from evenhand.base.values import Floats
from evenhand.blending.core.method import Learned, Method
from evenhand.blending.core.weighted_sums import SMALLEST, Space, Weighted, into, out_of, shares
from evenhand.blending.inputs.stack import Stack
from evenhand.blending.methods import METHODS


@METHODS.register("greedy")
class Greedy(Method):
    """Forward selection with replacement (Caruana et al. 2004, "Ensemble Selection from Libraries of Models").

    It starts with the best `start` models, adds the one that gives the best mean, and so on; the best mean along
    the way is kept, of ties the one with fewer models. With `bags`, the selection is done on random halves of the
    models and the counts are added up (section 2.3).
    """

    score: dict[str, float] = option({"macro_f1": 1.0}, description="Metrics of the score, with weights.")
    rounds: int = option(30, ge=1, le=1000, description="Number of models added, one per round.")
    start: int = option(1, ge=1, description="Number of best models to start with.")
    bags: int = option(1, ge=1, le=200, description="Selections on random halves of the models; 1 for one on all.")
    space: Space = option("probability", description="What is averaged: probability, logit or log.")

    def learn(self, stack: Stack, seed: int) -> Learned:
        tables = [into(self.space, table) for table in stack.tables]
        rng = generator(seed, "greedy")
        counts = np.zeros(stack.m)
        for _ in range(self.bags):
            chosen = np.arange(stack.m)
            if self.bags > 1:
                # Halves keep one lucky model from being in every selection.
                chosen = rng.choice(stack.m, size=(stack.m + 1) // 2, replace=False)
            # Each bag counts the same, however many models it took.
            counts[chosen] += shares(self._selected([tables[i] for i in chosen], stack))
        return Weighted(shares(counts), self.space)

    def _selected(self, tables: list[Floats], stack: Stack) -> Floats:
        """Return (m,) how often each model was selected."""
        alone = [self._score(table, stack) for table in tables]
        counts = np.zeros(len(tables))
        counts[sorted(range(len(tables)), key=lambda i: alone[i], reverse=True)[: self.start]] = 1
        total = np.sum([tables[i] for i in np.flatnonzero(counts)], axis=0)
        best = (self._score(total / counts.sum(), stack), counts.copy())
        for _ in range(self.rounds - int(counts.sum())):
            size = counts.sum() + 1
            scores = [self._score((total + table) / size, stack) for table in tables]
            taken = max(range(len(tables)), key=scores.__getitem__)
            counts[taken] += 1
            total += tables[taken]
            if scores[taken] > best[0]:
                best = (scores[taken], counts.copy())
        return best[1]

    def _score(self, table: Floats, stack: Stack) -> tuple[float, float]:
        return ranked_score(out_of(self.space, table), stack, self.score)


def ranked_score(table: Floats, stack: Stack, score: Mapping[str, float]) -> tuple[float, float]:
    """Return the score of a table, and as tie-breaker minus its log-loss."""
    at_truth = table[np.arange(len(stack)), stack.labels]
    return (
        # Rounded, so that scores that differ by rounding only are ties.
        round(stack.score(table, score), 12),
        float(np.log(np.maximum(at_truth, SMALLEST)).mean()),
    )
