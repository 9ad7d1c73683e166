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
from evenhand.training.loop.checkpoint import Keeper
from evenhand.training.loop.determinism import deterministic
from evenhand.training.loop.fit_spec import Fitted, Job
from evenhand.training.loop.loop import fit
from evenhand.training.monitor.epoch_log import write_epochs
from evenhand.training.monitor.monitor import Guard
from evenhand.training.monitor.scorer import scorer_of
from evenhand.training.tasks.build_spec import fold_job
from evenhand.training.tasks.context import Assignment, Parts
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
    assignment = Assignment.of(record, store, model)
    folder = assignment.record.task_folder(model, fold, seed)
    if (folder / "predictions.parquet").is_file():
        return summary_of(folder)
    with deterministic(threads):
        try:
            return _fit(assignment, fold, seed, threads, folder, watcher, progress)
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
    assignment = Assignment.of(record, store, model)
    device = device_of(assignment.device)
    own = assignment.model
    tell = None if progress is None else lambda done, total: progress([done, total])
    with deterministic(threads):
        for seed in own.seeds[:1] if own.pretrained else own.seeds:
            stages_of(assignment, fresh_network(assignment, seed).to(device), device, tell)
    return {"model": model, "stages": sum(plan.tune != "all" for plan in plans(own, assignment.train))}


def summary_of(folder: Path) -> dict[str, Any]:
    """Return the summary of a finished task: epochs, the epoch, stage and form that were kept, score, parts."""
    return dict(json.loads((folder / "task.json").read_text(encoding="utf-8")))


def task_job(assignment: Assignment, parts: Parts, key: tuple[int | str, ...], seed: int) -> Job:
    """Return the job of one task."""
    device = device_of(assignment.device)
    network = fresh_network(assignment, seed).to(device)
    samples, rows = assignment.samples, assignment.rows
    further = further_of(assignment, network, device)
    job = fold_job(
        network,
        stages_of(assignment, network, device),
        assignment.labels,
        samples.k,
        fit_rows=rows[parts.fit],
        judge_rows=rows[parts.judge],
        scorer=scorer_of(
            samples.labels[parts.judge],
            samples.classes,
            assignment.score.weights,
            assignment.classes.sets,
            samples.levels,
            samples.groups[parts.judge] if samples.grouped else None,
        ),
        train=assignment.train,
        balance=assignment.balance,
        stage_balance=assignment.stage_balance,
        names=samples.classes,
        key=key,
        weights=assignment.weights,
        layer_decay=assignment.model.layer_decay,
        norms=network.encoder,
        device=device,
    )
    return replace(job, further=further, teacher=teacher_of(assignment, parts.fit, device))


def _fit(
    assignment: Assignment,
    fold: int,
    seed: int,
    threads: int,
    folder: Path,
    watcher: str | None,
    progress: Tell | None,
) -> dict[str, Any]:
    parts = assignment.parts(fold)
    if not len(parts.fit):
        raise TaskError("there is no labelled row to train on. Use fewer folds, or a smaller test.")
    key = (seed, assignment.model.name, fold)
    job = task_job(assignment, parts, key, seed)
    if is_logistic_regression(assignment.model):
        from evenhand.training.tasks.logistic_regression import solve  # scikit-learn, which no other task needs

        return solve(assignment, job, parts, folder, fold, seed)
    keeper = Keeper(folder, _mark(assignment, parts, key, threads))
    watch = None if progress is None else lambda done, total: progress([done, total])
    guard = None if watcher is None else guard_of(watcher, assignment, parts, fold, seed, progress)
    fitted = fit(job, keeper, watch, guard)
    job = fitted.job or job
    network: Any = job.network
    save_network(folder / "weights.safetensors", network, assignment.samples.k, shared=assignment.shared)
    write_epochs(folder / "epochs.jsonl", fitted.lines)
    summary = {**_summary(assignment, fold, seed, fitted), "correction": plain(fitted.correction)}
    if fitted.unsmoothing is not None:
        summary["unsmoothing"] = fitted.unsmoothing.document()
    write_json(folder / "task.json", summary)
    correct = partial(corrected, shift=fitted.correction, unsmoothing=fitted.unsmoothing)
    write_predictions(folder / "predictions.parquet", assignment, job, parts, fitted.stage, correct)
    keeper.forget()
    return summary


def guard_of(
    watcher: str, assignment: Assignment, parts: Parts, fold: int, seed: int, progress: Tell | None
) -> Guard:
    """Return a guard that looks through the eyes of the function that `watcher` names."""
    module, name = watcher.split(":")
    make = getattr(importlib.import_module(module), name)
    look = make(
        assignment.model.name,
        fold,
        seed,
        assignment.samples.classes,
        assignment.samples.labels[parts.fit],
        assignment.balance.plain(),
        assignment.train.plain(),
    )
    if progress is None:
        return Guard(look, assignment.train.on_collapse)
    return Guard(look, assignment.train.on_collapse, lambda alarm: progress({"alarm": alarm}))


def _summary(assignment: Assignment, fold: int, seed: int, fitted: Fitted) -> dict[str, Any]:
    return {
        "model": assignment.model.name,
        "fold": fold,
        "seed": seed,
        "epochs": len(fitted.lines),
        "stage": fitted.stage,
        "epoch": fitted.epoch,
        "form": fitted.form,
        "size": plans(assignment.model, assignment.train)[fitted.stage].size,
        "score": fitted.score.value,
        "parts": dict(fitted.score.parts),
        "averaged": fitted.averaged,
        "alarms": list(fitted.alarms),
        "seconds": round(sum(line["seconds"] for line in fitted.lines), 3),
    }


def _mark(assignment: Assignment, parts: Parts, key: tuple[int | str, ...], threads: int) -> str:
    """Return a hash of everything that a task's bits depend on: no state of another task is gone on with."""
    document = [
        assignment.model.plain(),
        assignment.train.plain(),
        assignment.balance.plain(),
        assignment.score.weights,
        assignment.classes.sets,
        assignment.samples.classes,
        assignment.device,
        str(torch.__version__),
        threads,
        seed_from(*key),
    ]
    digest = hashlib.blake2b(to_json(document).encode(), digest_size=16)
    for array in (assignment.labels, assignment.rows[parts.fit], assignment.rows[parts.judge]):
        digest.update(array.tobytes())
    if assignment.train.distill is not None:
        said = out_of_fold(assignment.train.distill, assignment.samples)
        digest.update(said.filter(like="p:").to_numpy(dtype=float).tobytes())
    return digest.hexdigest()
