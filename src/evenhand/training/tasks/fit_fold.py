"""Tasks: one model on one fold with one seed, from the record to the record.

A task is a function of (resolved configuration, samples, folds, store). Any process that sees the files can do
it; doing it twice does no harm, and a task that was killed goes on to the same bits.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from evenhand.balance.correction.unsmoothing import corrected
from evenhand.base.errors import TaskError
from evenhand.base.seeds import seed_from
from evenhand.base.storage.atomic import plain, to_json, write_json
from evenhand.models.baseline import is_logistic_regression
from evenhand.models.io.network_files import save_network
from evenhand.training.device import device_of
from evenhand.training.loop.checkpoint import Checkpointer
from evenhand.training.loop.determinism import deterministic
from evenhand.training.loop.fit_spec import FitResult, FitSpec
from evenhand.training.loop.loop import fit
from evenhand.training.monitor.epoch_log import write_epochs
from evenhand.training.monitor.monitor import Monitor
from evenhand.training.monitor.scorer import scorer_of
from evenhand.training.tasks.build_spec import fold_spec
from evenhand.training.tasks.context import TaskContext, TaskRows
from evenhand.training.tasks.distillation import out_of_fold, teacher_of
from evenhand.training.tasks.generalization import further_of
from evenhand.training.tasks.initial_network import fresh_network
from evenhand.training.tasks.predictions_file import write_predictions
from evenhand.training.tasks.stages import plans, stages_of

Tell = Callable[[Any], None]
"""Told [steps done, steps in all]."""


def run_task(
    record: str,
    store: str,
    model: str,
    fold: int,
    seed: int,
    threads: int,
    watcher: str | None = None,
    progress: Tell | None = None,
) -> dict[str, Any]:
    """Fit one model on one fold with one seed, predict what it has not seen, and return a summary.

    Writes weights.safetensors, epochs.jsonl, task.json and predictions.parquet into the task's folder of the
    record; state.pt while it is not done. Returns at once where it is done already.

    Parameters
    ----------
    watcher
        "package.module:name" of who looks at every epoch (`evenhand.diagnosis.live_checks:watcher`), or None. What
        it finds is reported as {"alarm": finding as plain values, with `epoch` and what was done, `did`}.
    progress
        Told [epochs done, epochs at most] after each epoch.

    Raises
    ------
    TaskError
        Naming model, fold and seed.
    """
    context = TaskContext.of(record, store, model)
    folder = context.record.task_folder(model, fold, seed)
    if (folder / "predictions.parquet").is_file():
        return summary_of(folder)
    with deterministic(threads):
        try:
            return _fit(context, fold, seed, threads, folder, watcher, progress)
        except TaskError as error:
            raise TaskError(f"Model {model}, fold {fold}, seed {seed}: {error}") from None
        except OSError as error:
            raise TaskError(
                f"Model {model}, fold {fold}, seed {seed}: {error.filename or folder} cannot be written or read "
                f"({error.strerror or error}). Make room, or give it back its permissions; the same command "
                "then goes on."
            ) from None


def prepare_model(
    record: str, store: str, model: str, threads: int, progress: Tell | None = None
) -> dict[str, Any]:
    """Compute the activations of a model's frozen parts into the store, so that its tasks find them there.

    Returns
    -------
    {"model", "stages": how many stages have a frozen part}
    """
    context = TaskContext.of(record, store, model)
    device = device_of(context.device)
    own = context.model
    tell = None if progress is None else lambda done, total: progress([done, total])
    with deterministic(threads):
        for seed in own.seeds[:1] if own.pretrained else own.seeds:
            stages_of(context, fresh_network(context, seed).to(device), device, tell)
    return {"model": model, "stages": sum(plan.tune != "all" for plan in plans(own, context.train))}


def summary_of(folder: Path) -> dict[str, Any]:
    """Return the summary of a finished task: epochs, the epoch, stage and form that were kept, score, parts."""
    return dict(json.loads((folder / "task.json").read_text(encoding="utf-8")))


def task_spec(context: TaskContext, parts: TaskRows, key: tuple[int | str, ...], seed: int) -> FitSpec:
    """Return the spec of one task."""
    device = device_of(context.device)
    network = fresh_network(context, seed).to(device)
    samples, rows = context.samples, context.rows
    further = further_of(context, network, device)
    spec = fold_spec(
        network,
        stages_of(context, network, device),
        context.labels,
        samples.k,
        fit_rows=rows[parts.fit],
        judge_rows=rows[parts.judge],
        scorer=scorer_of(
            samples.labels[parts.judge],
            samples.classes,
            context.score.weights,
            context.classes.sets,
            samples.levels,
            samples.groups[parts.judge] if samples.grouped else None,
        ),
        train=context.train,
        balance=context.balance,
        stage_balance=context.stage_balance,
        names=samples.classes,
        key=key,
        weights=context.weights,
        layer_decay=context.model.layer_decay,
        norms=network.encoder,
        device=device,
    )
    return replace(spec, further=further, teacher=teacher_of(context, parts.fit, device))


def _fit(
    context: TaskContext,
    fold: int,
    seed: int,
    threads: int,
    folder: Path,
    watcher: str | None,
    progress: Tell | None,
) -> dict[str, Any]:
    parts = context.parts(fold)
    if not len(parts.fit):
        raise TaskError("there is no labelled row to train on. Use fewer folds, or a smaller test.")
    key = (seed, context.model.name, fold)
    spec = task_spec(context, parts, key, seed)
    if is_logistic_regression(context.model):
        from evenhand.training.tasks.logistic_regression import solve  # scikit-learn, which no other task needs

        return solve(context, spec, parts, folder, fold, seed)
    keeper = Checkpointer(folder, _mark(context, parts, key, threads))
    watch = None if progress is None else lambda done, total: progress([done, total])
    guard = None if watcher is None else guard_of(watcher, context, parts, fold, seed, progress)
    fitted = fit(spec, keeper, watch, guard)
    spec = fitted.spec or spec
    network: Any = spec.network
    save_network(folder / "weights.safetensors", network, context.samples.k, shared=context.shared)
    write_epochs(folder / "epochs.jsonl", fitted.lines)
    summary = {**_summary(context, fold, seed, fitted), "correction": plain(fitted.correction)}
    if fitted.unsmoothing is not None:
        summary["unsmoothing"] = fitted.unsmoothing.document()
    write_json(folder / "task.json", summary)
    correct = partial(corrected, shift=fitted.correction, unsmoothing=fitted.unsmoothing)
    write_predictions(folder / "predictions.parquet", context, spec, parts, fitted.stage, correct)
    keeper.forget()
    return summary


def guard_of(
    watcher: str, context: TaskContext, parts: TaskRows, fold: int, seed: int, progress: Tell | None
) -> Monitor:
    """Return a guard that looks through the eyes of the function that `watcher` names."""
    module, name = watcher.split(":")
    make = getattr(importlib.import_module(module), name)
    look = make(
        context.model.name,
        fold,
        seed,
        context.samples.classes,
        context.samples.labels[parts.fit],
        context.balance.plain(),
        context.train.plain(),
    )
    if progress is None:
        return Monitor(look, context.train.on_collapse)
    return Monitor(look, context.train.on_collapse, lambda alarm: progress({"alarm": alarm}))


def _summary(context: TaskContext, fold: int, seed: int, fitted: FitResult) -> dict[str, Any]:
    return {
        "model": context.model.name,
        "fold": fold,
        "seed": seed,
        "epochs": len(fitted.lines),
        "stage": fitted.stage,
        "epoch": fitted.epoch,
        "form": fitted.form,
        "size": plans(context.model, context.train)[fitted.stage].size,
        "score": fitted.score.value,
        "parts": dict(fitted.score.parts),
        "averaged": fitted.averaged,
        "alarms": list(fitted.alarms),
        "seconds": round(sum(line["seconds"] for line in fitted.lines), 3),
    }


def _mark(context: TaskContext, parts: TaskRows, key: tuple[int | str, ...], threads: int) -> str:
    """Return a hash of everything that a task's bits depend on: no state of another task is gone on with."""
    document = [
        context.model.plain(),
        context.train.plain(),
        context.balance.plain(),
        context.score.weights,
        context.classes.sets,
        context.samples.classes,
        context.device,
        str(torch.__version__),
        threads,
        seed_from(*key),
    ]
    digest = hashlib.blake2b(to_json(document).encode(), digest_size=16)
    for array in (context.labels, context.rows[parts.fit], context.rows[parts.judge]):
        digest.update(array.tobytes())
    if context.train.distill is not None:
        said = out_of_fold(context.train.distill, context.samples)
        digest.update(said.filter(like="p:").to_numpy(dtype=float).tobytes())
    return digest.hexdigest()
