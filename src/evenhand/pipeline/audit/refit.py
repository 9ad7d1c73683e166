"""Refitting without the groups that are evaluated: blends, and heads on frozen features."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.storage.record import Record
from evenhand.base.text.counted import count
from evenhand.base.values import TEST, Floats, Folds, Interval, Predictions, Samples, Strings
from evenhand.blending.blend import blend
from evenhand.data.config import FoldsConfig
from evenhand.data.splits.make_folds import make_folds
from evenhand.data.store.store import Store
from evenhand.evaluation.figures.evaluate import evaluate, labelled
from evenhand.evaluation.resampling.resampling_units import groups_in_several_folds
from evenhand.pipeline.audit.refit_result import Refit, RefitFigure
from evenhand.pipeline.stages.collect import OUT_OF_FOLD, collect_predictions
from evenhand.pipeline.stages.execution.progress import Watcher
from evenhand.pipeline.verbs.run import train
from evenhand.settings.load import Settings


def folds_of_groups(p: Predictions, groups: Strings, most: int, seed: int) -> Folds:
    """Return a split of whole groups into at most `most` parts, stratified by class.

    Raises
    ------
    DataError
        If there are fewer than two groups.
    """
    assert p.truth is not None
    g = len(set(groups))
    if g < 2:
        raise DataError("Refitting without a group needs at least two groups; name another column.")
    frame = pd.DataFrame({"id": p.ids, "group": groups})
    samples = Samples(frame, p.classes, p.truth)
    return make_folds(samples, FoldsConfig(k=min(most, g), seed=seed, duplicates="ignore"))


def refit_models(
    models: Sequence[Predictions],
    refitted: Mapping[str, Predictions],
    groups: Strings,
    methods: Sequence[Any],
    *,
    parts: Folds,
    metric: str,
    draws: int,
    seed: int,
    features: Mapping[str, Floats] | None = None,
) -> Refit:
    """Return the figures of models and blends, as they are and refitted without each part in turn.

    Parameters
    ----------
    models
        Out-of-fold predictions on the same rows.
    refitted
        Name -> out-of-part predictions of the models that were refitted.
    groups
        (n,) the groups that the parts consist of; intervals are resampled over the groups of the predictions.
    methods
        Blends, as in [ensemble].
    parts
        The part of each row.
    features
        Name -> (n, d) stored features of the same rows, for blends that use them.
    """
    seen = tuple(p.model for p in models if p.model not in refitted and not keeps_groups_whole(p, groups))
    # As out of fold: whether folds split the groups is what this comparison measures, and `seen` names such
    # models.
    before = [replace(p, origin="out-of-fold") for p in models]
    after = [replace(refitted.get(p.model, p), fold=parts.of(p.ids), origin="out-of-fold") for p in models]
    pairs = [(b, a, _what(b.model, refitted, seen)) for b, a in zip(before, after, strict=True)]
    if len(models) > 1:
        what = "head and blend" if refitted else "blend"
        for one in methods:
            was, new = (blend(models, one, features=features).predictions for models in (before, after))
            pairs.append((was, new, what))
    rows = tuple(
        RefitFigure(b.model, _figure(b, metric, draws, seed), _figure(a, metric, draws, seed), what)
        for b, a, what in pairs
    )
    of = count(len(set(groups)), "group")
    summary = f"{of} in {parts.k} parts; each part was evaluated by models fitted without it."
    return Refit(metric, summary, rows, seen)


def refit_heads(
    run: Record, settings: Settings, parts: Folds, models: Sequence[str], watcher: Watcher, store: Store
) -> dict[str, Predictions]:
    """Return out-of-part predictions of models that tune only their head, refitted on stored activations.

    Parameters
    ----------
    parts
        The part of every row that is not locked.
    """
    chosen = [model for model in settings.model if model.name in models]
    if not chosen:
        return {}
    folds = run.folds()
    fold = np.full(len(folds), TEST, dtype=np.int16)
    fold[np.isin(folds.ids, parts.ids)] = parts.of(folds.ids[np.isin(folds.ids, parts.ids)])
    plan = settings.folds.model_copy(update={"k": parts.k})
    # The baseline is not among the models that are refitted here.
    without_baseline = settings.evaluate.model_copy(update={"logistic_regression": False})
    changed = settings.model_copy(update={"model": chosen, "folds": plan, "evaluate": without_baseline})
    # In a record of its own, so that the tasks of the run stay as they are.
    with tempfile.TemporaryDirectory() as folder:
        record = Record.create(Path(folder), asked="", resolved=changed.resolved(), data=run.data())
        record.write_samples(run.samples())
        record.write_folds(Folds(folds.ids, fold, parts.k))
        train(record, changed, watcher, store)
        return {model.name: collect_predictions(record, model.name, model.seeds)[OUT_OF_FOLD] for model in chosen}


def keeps_groups_whole(p: Predictions, groups: Strings) -> bool:
    """Return whether every group lies in one fold of the predictions."""
    return p.fold is not None and not groups_in_several_folds(groups, p.fold)


def _what(name: str, refitted: Mapping[str, Predictions], seen: Sequence[str]) -> str:
    """Return which part of a model was refitted."""
    if name in refitted:
        return "head"
    return "not possible" if name in seen else "nothing"


def _figure(p: Predictions, metric: str, draws: int, seed: int) -> Interval:
    return evaluate(labelled(p), [metric], draws=draws, seed=seed)[metric]
