"""Predictions for the first steps of a run's own rows by one network of its record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from evenhand.base.storage.atomic import replacing
from evenhand.modalities.prefixes import first_steps
from evenhand.training.loop.determinism import deterministic
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.predict_fold import network_of_fold, network_probabilities


def predict_prefixes(
    record: str,
    store: str,
    model: str,
    fold: int,
    seed: int,
    rows: list[int],
    steps: list[int],
    threads: int,
    out: str,
) -> dict[str, Any]:
    """Write (len(steps), len(rows), k) float64 probabilities to `out` (.npy), after each number of steps.

    Parameters
    ----------
    rows
        Positions of samples of the run.
    steps
        Numbers of steps that the network sees; a row with fewer is seen whole.

    Returns
    -------
    {"rows", "out"}
    """
    context = TaskContext.of(record, store, model)
    network, correct = network_of_fold(context, fold, seed)
    entry = context.entry(context.size_of_fold(fold, seed))
    at = context.rows[np.array(rows, dtype=np.int64)]
    with deterministic(threads):
        found = np.stack(
            [
                network_probabilities(
                    context, network, first_steps(entry, context.kind.sequence, at, count), correct
                )
                for count in steps
            ]
        )
    with replacing(Path(out)) as part, part.open("wb") as file:
        np.save(file, found, allow_pickle=False)
    return {"rows": len(rows), "out": out}
