"""After the training: gather predictions, judge them, blend them, write down what they are worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import RecordError
from evenhand.base.record import Record
from evenhand.base.values import Folds, Predictions, Samples

OUT_OF_FOLD, LOCKED = "oof", "test"
"""Names of the sets that are judged."""


def gathered(record: Record, model: str, seeds: Sequence[int]) -> list[Predictions]:
    """Return a model's out-of-fold predictions and, where rows are locked, its test predictions.

    Probabilities of several seeds are averaged; on locked rows those of all folds are.
    """
    samples, folds = record.samples(), record.folds()
    parts = [_task(record, model, fold, seed, samples) for fold in range(folds.k) for seed in seeds]
    table = pd.concat(parts)
    columns = [f"p:{name}" for name in samples.classes]
    out = []
    for written, origin in (("validation", "out-of-fold"), ("test", "test")):
        rows = table[table["set"] == written]
        if len(rows):
            mean = rows.groupby("id", sort=False)[columns].mean()
            out.append(_predictions(mean, samples, folds, model, origin))
    return out


def _task(record: Record, model: str, fold: int, seed: int, samples: Samples) -> pd.DataFrame:
    path = record.task_folder(model, fold, seed) / "predictions.parquet"
    if not path.is_file():
        raise RecordError(f"{record.path}: model {model}, fold {fold}, seed {seed} is not trained. Run it again.")
    return pd.read_parquet(path)


def _predictions(mean: pd.DataFrame, samples: Samples, folds: Folds, model: str, origin: Any) -> Predictions:
    """Return a table of probabilities by id as predictions in the order of the samples."""
    position = pd.Series(np.arange(len(samples)), index=samples.ids)
    rows = np.sort(position.loc[mean.index].to_numpy())
    ids = samples.ids[rows]
    return Predictions(
        ids=ids,
        classes=samples.classes,
        probabilities=mean.loc[ids].to_numpy(np.float64),
        truth=samples.labels[rows],
        fold=folds.of(ids),
        groups=samples.groups[rows] if samples.grouped else None,
        model=model,
        origin=origin,
    )
