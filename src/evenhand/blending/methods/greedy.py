"""Models added one by one, whichever helps most, each as often as it helps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evenhand.base.seeds import generator
from evenhand.base.settings.section import option
from evenhand.base.values import Floats, Ints
from evenhand.blending.core.method import Learned, Method
from evenhand.blending.core.weighted_sums import SMALLEST, Space, Weighted, into, out_of, shares
from evenhand.blending.inputs.stack import Stack
from evenhand.blending.methods import METHODS
from evenhand.evaluation.figures.score import fast_score


@METHODS.register("greedy")
class Greedy(Method):
    """Forward selection with replacement (Caruana et al. 2004, "Ensemble Selection from Libraries of Models").

    It starts with the best `start` models, adds the one with which the mean scores best, and so on; the mean along
    this way that scored best is kept, the shorter one among equals. With `bags`, the selection is done on random
    halves of the models and the counts are added up (section 2.3).
    """

    score: dict[str, float] = option({"macro_f1": 1.0}, says="Metrics that are the score, and their weights.")
    rounds: int = option(30, ge=1, le=1000, says="Models that are added, one a round.")
    start: int = option(1, ge=1, says="Best models to begin with.")
    bags: int = option(1, ge=1, le=200, says="Selections on random halves of the models; 1 for one on all.")
    space: Space = option("probability", says="What is averaged: probability, logit or log.")

    def learn(self, stack: Stack, seed: int) -> Learned:
        tables = [into(self.space, table) for table in stack.tables]
        rng = generator(seed, "greedy")
        counts = np.zeros(stack.m)
        for _ in range(self.bags):
            chosen = np.arange(stack.m)
            if self.bags > 1:
                chosen = rng.choice(stack.m, size=(stack.m + 1) // 2, replace=False)
            counts[chosen] += shares(self._selected([tables[i] for i in chosen], stack))
        return Weighted(shares(counts), self.space)

    def _selected(self, tables: list[Floats], stack: Stack) -> Floats:
        """Return (m,) how often each model was taken."""
        alone = [self._worth(table, stack) for table in tables]
        counts = np.zeros(len(tables))
        counts[sorted(range(len(tables)), key=lambda i: alone[i], reverse=True)[: self.start]] = 1
        total = np.sum([tables[i] for i in np.flatnonzero(counts)], axis=0)
        best = (self._worth(total / counts.sum(), stack), counts.copy())
        for _ in range(self.rounds - int(counts.sum())):
            size = counts.sum() + 1
            worth = [self._worth((total + table) / size, stack) for table in tables]
            taken = max(range(len(tables)), key=worth.__getitem__)
            counts[taken] += 1
            total += tables[taken]
            if worth[taken] > best[0]:
                best = (worth[taken], counts.copy())
        return best[1]

    def _worth(self, table: Floats, stack: Stack) -> tuple[float, float]:
        return worth(out_of(self.space, table), stack.labels, stack, self.score)


def worth(table: Floats, truth: Ints, stack: Stack, score: Mapping[str, float]) -> tuple[float, float]:
    """Return the score of a table, and between equal ones minus its log-loss."""
    at_truth = table[np.arange(len(truth)), truth]
    return (
        round(fast_score(table, truth, stack.classes, score)[0], 12),
        float(np.log(np.maximum(at_truth, SMALLEST)).mean()),
    )
