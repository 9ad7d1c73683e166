"""Features of new rows and of the run's own rows in the networks of its folds, for their distances."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evenhand.base.cores import usable_cores
from evenhand.base.seeds import generator
from evenhand.base.storage.numpy_files import load_array
from evenhand.base.storage.record import Record
from evenhand.base.values import Floats, Ints
from evenhand.data.store.store import Store
from evenhand.evaluation.new_rows.unlike import FoldFeatures
from evenhand.pipeline.stages.encoded_rows import encoded_rows
from evenhand.pipeline.stages.execution.dispatch import dispatch
from evenhand.pipeline.stages.execution.placement import placement, readers_compute
from evenhand.pipeline.stages.execution.progress import Watcher
from evenhand.pipeline.stages.source import encode
from evenhand.pipeline.verbs.predict import NewRows
from evenhand.settings.load import Settings
from evenhand.training.calls import NetworkFeaturesCall
from evenhand.training.tasks.context import TaskContext

MOST_TRAINED = 4000
"""Training rows of a fold that distances are taken to; more are sampled."""
MOST_HELD_OUT = 2000
"""Held-out rows of a fold among which new rows are ranked; more are sampled."""


@dataclass(frozen=True, eq=False)
class _FoldRows:
    """Where the rows of one fold's comparison are: entries of the store, and positions in them."""

    own: str
    new: str
    trained: Ints
    held_out: Ints
    held_ids: Ints
    seed: int


def fold_features(
    run: Record, settings: Settings, rows: NewRows, keep: Ints, model: str, watcher: Watcher, store: Store
) -> list[FoldFeatures]:
    """Return the features of the run's rows and of new rows in the network of each fold of a model.

    Parameters
    ----------
    rows
        Rows as they were read and encoded for prediction.
    keep
        (n,) positions of the new rows among them.
    model
        Name of a model of the run.

    Raises
    ------
    EvenhandError
        If rows of the run are neither in the store nor at the place where the run read them.
    """
    context = TaskContext.of(str(run.path), store.place(), model)
    plans = [_plan(run, settings, context, rows, fold, watcher, store) for fold in range(settings.folds.k)]
    threads = usable_cores()
    watcher.stage("comparing with training rows", 2 * len(plans))
    with tempfile.TemporaryDirectory() as folder:
        calls: list[NetworkFeaturesCall] = []
        for fold, plan in enumerate(plans):
            for entry, at in ((plan.own, np.concatenate([plan.trained, plan.held_out])), (plan.new, keep)):
                calls.append(
                    NetworkFeaturesCall(
                        record=str(run.path),
                        store=store.place(),
                        entry=entry,
                        rows=at.tolist(),
                        model=model,
                        fold=fold,
                        seed=plan.seed,
                        threads=threads,
                        out=str(Path(folder) / f"{len(calls)}.npy"),
                    )
                )
        dispatch(calls, watcher, placement(readers_compute(settings.compute, watcher), 1), threads=threads)
        tables: list[Floats] = [load_array(call.out) for call in calls]
    groups, _ = run.folds().resampling_groups(run.samples(), np.arange(len(run.samples())))
    return [
        FoldFeatures(
            own[: len(plan.trained)],
            own[len(plan.trained) :],
            new,
            None if groups is None else groups[plan.held_ids],
        )
        for plan, own, new in zip(plans, tables[::2], tables[1::2], strict=True)
    ]


def _plan(
    run: Record, settings: Settings, context: TaskContext, rows: NewRows, fold: int, watcher: Watcher, store: Store
) -> _FoldRows:
    """Return the rows of one fold, a class-blind sample of them where there are many."""
    parts = context.parts(fold)
    trained = _sampled(parts.fit, MOST_TRAINED, "trained", fold)
    held_out = _sampled(parts.validation, MOST_HELD_OUT, "held out", fold)
    seed = context.model.seeds[0]
    size = context.size_of_fold(fold, seed)
    new = encode(settings.kind, rows.root, rows.samples, settings, size, watcher, store).name
    own, at = encoded_rows(run, settings, context, size, watcher, store)
    return _FoldRows(own, new, at[trained], at[held_out], held_out, seed)


def _sampled(rows: Ints, most: int, *purpose: str | int) -> Ints:
    if len(rows) <= most:
        return rows
    return np.sort(generator("diagnose", *purpose).choice(rows, most, replace=False))


def model_of_features(needed: Sequence[str], scores: Mapping[str, float]) -> str:
    """Return the model in whose features distances are measured: of a blend, the best of those that it needs."""
    return max(needed, key=lambda name: scores.get(name, -np.inf))
