"""Who answers for new rows: one model of a run, or a blend that is learned again from what the run has written.

A blend is a pure function of the out-of-fold predictions in the record, so nothing else is kept of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evenhand.base.errors import EvenhandError, unknown
from evenhand.base.record import Record
from evenhand.base.values import Floats
from evenhand.ensemble.align import align
from evenhand.ensemble.blend import PREFIX
from evenhand.ensemble.crossfit import applied
from evenhand.ensemble.linear import Weighted
from evenhand.ensemble.method import Learned
from evenhand.ensemble.recipe import Recipe, recipe
from evenhand.ensemble.stack import Stack, stack_of
from evenhand.evaluation.from_record import of_record
from evenhand.settings import Settings


@dataclass(frozen=True, eq=False)
class Answerer:
    """A model, or a learned blend of several.

    Attributes
    ----------
    models
        Names of the models that the blend was learned from; of a single model its own.
    needed
        Those whose predictions are needed: models that count nothing are not asked.
    learned
        What the blend has learned, or None for a single model.
    """

    models: tuple[str, ...]
    needed: tuple[str, ...]
    learned: Learned | None = None

    def of(self, tables: Mapping[str, Floats], classes: tuple[str, ...]) -> Floats:
        """Return (n, k) the answer, from the (n, k) probabilities of the needed models."""
        if self.learned is None:
            return tables[self.models[0]]
        nothing = np.zeros_like(tables[self.needed[0]])
        stack = Stack(self.models, classes, tuple(tables.get(name, nothing) for name in self.models))
        return applied(self.learned, stack)


def answerer(run: Record, settings: Settings, chosen: str) -> Answerer:
    """Return who answers as `chosen`: a model of the run, or "ensemble:METHOD".

    Raises
    ------
    EvenhandError
        If there is no such model or blend.
    """
    names = tuple(model.name for model in settings.model)
    if chosen in names:
        return Answerer((chosen,), (chosen,))
    made = [recipe(choice, score=settings.score.weights) for choice in settings.ensemble.methods]
    recipes = {PREFIX + one.name: one for one in made} if len(names) > 1 else {}
    if chosen not in recipes:
        raise EvenhandError(unknown("model", chosen, [*names, *recipes]))
    return _learned_again(run, recipes[chosen], names)


def _learned_again(run: Record, how: Recipe, names: tuple[str, ...]) -> Answerer:
    stack = stack_of(align([p for p in of_record(run) if p.model in names]))
    learned = how.learn(stack.known())
    if isinstance(learned, Weighted):
        return Answerer(names, tuple(n for n, w in zip(names, learned.weights, strict=True) if w > 0), learned)
    return Answerer(names, names, learned)
