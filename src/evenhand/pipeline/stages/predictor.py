"""The predictor of new rows: one model of a run, or a blend that is refitted from the record.

A blend is a pure function of the out-of-fold predictions in the record, so its parameters are not stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evenhand.base.errors import EvenhandError, unknown
from evenhand.base.storage.record import Record
from evenhand.base.values import Floats
from evenhand.blending.blend import PREFIX
from evenhand.blending.core.crossfit import applied
from evenhand.blending.core.method import Learned
from evenhand.blending.core.spec import Recipe
from evenhand.blending.core.weighted_sums import Weighted
from evenhand.blending.inputs.align import align
from evenhand.blending.inputs.stack import Stack, stack_of
from evenhand.data.store.store import Store
from evenhand.evaluation.reading.from_record import model_names, of_record
from evenhand.pipeline.stages.execution.progress import Watcher
from evenhand.pipeline.stages.stored_features import of_ids, stored_features
from evenhand.settings.load import Settings


@dataclass(frozen=True, eq=False)
class Predictor:
    """One model, or a fitted blend of several.

    Attributes
    ----------
    models
        Names of the models that the blend was fitted on; the name of a single model.
    needed
        Names of the models whose predictions are needed: those with a weight of 0 are not run.
    learned
        The fitted blend, or None for a single model.
    features
        Names of the models whose stored features the blend uses.
    """

    models: tuple[str, ...]
    needed: tuple[str, ...]
    learned: Learned | None = None
    features: tuple[str, ...] = ()

    def of(
        self, tables: Mapping[str, Floats], classes: tuple[str, ...], features: Mapping[str, Floats] | None = None
    ) -> Floats:
        """Return (n, k) probabilities, from those of the needed models and from stored features."""
        if self.learned is None:
            return tables[self.models[0]]
        nothing = np.zeros_like(tables[self.needed[0]])  # for models of weight 0, which were not run
        stack = Stack(
            self.models, classes, tuple(tables.get(name, nothing) for name in self.models), features=features or {}
        )
        return applied(self.learned, stack)


def predictor_for(run: Record, settings: Settings, chosen: str, watcher: Watcher, store: Store) -> Predictor:
    """Return the predictor called `chosen`: a model of the run, or "ensemble:METHOD", with features from a store.

    Raises
    ------
    EvenhandError
        If there is no such model or blend.
    """
    names = tuple(model.name for model in settings.model)
    if chosen in names or (settings.baseline is not None and chosen == settings.baseline.name):
        return Predictor((chosen,), (chosen,))
    made = settings.ensemble.recipes(models=len(names), score=settings.score.weights)
    recipes = {PREFIX + one.name: one for one in made}
    if chosen not in recipes:
        raise EvenhandError(unknown("model", chosen, model_names(run)))
    how = recipes[chosen]
    features = stored_features(run, settings, names, watcher, store) if how.uses_features else {}
    return _refit_blend(run, how, names, features)


def _refit_blend(run: Record, how: Recipe, names: tuple[str, ...], features: Mapping[str, Floats]) -> Predictor:
    # By name: the record also has blends, the baseline and the floor.
    models = align([p for p in of_record(run) if p.model in names])
    # Learned anew from the out-of-fold predictions, which the record holds: nothing fitted is ever unpickled.
    learned = how.learn(stack_of(models, of_ids(features, run.samples().ids, models.first.ids)).known())
    needed = names
    if isinstance(learned, Weighted):
        # Networks are costly to run; a model of weight 0 changes nothing.
        needed = tuple(name for name, weight in zip(names, learned.weights, strict=True) if weight > 0)
    return Predictor(names, needed, learned, tuple(features))
