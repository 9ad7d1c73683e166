"""Features from the frozen part of a model of a run: an array with the ids of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import EvenhandError, unknown
from evenhand.base.storage.record import Record
from evenhand.base.values import Floats, Strings
from evenhand.pipeline.stages.execution.progress import Silent, Watcher
from evenhand.pipeline.stages.source import readers_store
from evenhand.pipeline.stages.stored_features import stored_features
from evenhand.settings.load import load


@dataclass(frozen=True, eq=False)
class FrozenFeatures:
    """Features of rows; `numpy.asarray` of it is the array.

    Attributes
    ----------
    ids
        (n,) ids of the rows, in the order of the run's samples.
    values
        (n, d) float32.
    model
        Name of the model.
    """

    ids: Strings
    values: Floats
    model: str

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, d)."""
        return self.values.shape

    def __len__(self) -> int:
        return len(self.ids)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Floats:
        return np.array(self.values, dtype=dtype, copy=copy)

    def frame(self) -> pd.DataFrame:
        """Return a frame with the ids as its index and one column per feature."""
        return pd.DataFrame(self.values, index=pd.Index(self.ids, name="id"))

    def __repr__(self) -> str:
        return f"FrozenFeatures({self.shape[0]:,} rows × {self.shape[1]:,} features of {self.model})"


def features_of_run(
    record: Record, model: str | None = None, *, watcher: Watcher | None = None, stored_only: bool = False
) -> FrozenFeatures:
    """Return the features of every row of a run (see `Run.features`).

    With `stored_only` nothing is computed: where the store lacks them, it raises `TaskError`.
    """
    settings = load(record.resolved())
    names = [one.name for one in settings.fitted]
    if model is not None and model not in names:
        raise EvenhandError(unknown("model", model, names))
    frozen = [one.name for one in settings.fitted if settings.has_frozen_part(one)]
    if model is None:
        baseline = settings.baseline
        model = baseline.name if baseline else next(iter(frozen), None)
    if model is None or model not in frozen:
        which = "no model of the run has a" if model is None else f"model {model} does not have a"
        raise EvenhandError(
            f'{record.path}: {which} frozen part to take features from. Set tune = "head" or '
            '"from:BLOCK" for a model with a pretrained encoder.'
        )
    found = stored_features(
        record, settings, [model], watcher or Silent(), readers_store(), stored_only=stored_only
    )
    return FrozenFeatures(record.samples().ids, found[model], model)
