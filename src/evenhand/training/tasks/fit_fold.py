"""Tasks: one model on one fold with one seed, from the record to the record.

A task is a function of (resolved configuration, samples, folds, store). Any process that sees the files can run
it; running it twice does no harm, and a killed task resumes and ends with the same bits.
"""

from __future__ import annotations

import hashlib
import importlib
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from evenhand.balance.correction.unsmoothing import corrected
from evenhand.base.errors import TaskError
from evenhand.base.seeds import seed_from
from evenhand.base.storage.files.atomic import plain, to_json
from evenhand.base.values import Ints, RowSet, Samples
from evenhand.data.store.store import StorePlace
from evenhand.models.acceleration.frozen import frozen_dtype
from evenhand.models.baseline import has_frozen_features
from evenhand.models.io.network_files import computed_precision, save_network
from evenhand.models.network import Network
from evenhand.training.compiled import first_line, is_of_compiler
from evenhand.training.device import device_marks, device_name, device_of
from evenhand.training.device_faults import on_device
from evenhand.training.inputs.targets import Targets
from evenhand.training.loop.checkpoint import Checkpointer
from evenhand.training.loop.fit_spec import FitResult, FitSpec, SecondSet
from evenhand.training.loop.loop import fit
from evenhand.training.monitor.epoch_log import write_epochs
from evenhand.training.monitor.monitor import Monitor
from evenhand.training.monitor.peak_memory import usage_of
from evenhand.training.monitor.scorer import Scorer, scorer_of
from evenhand.training.optim.precision import precision
from evenhand.training.tasks.build_spec import fold_spec
from evenhand.training.tasks.context import TaskContext, TaskRows
from evenhand.training.tasks.distillation import teacher_of, teacher_table
from evenhand.training.tasks.head_outputs import finish_head, finishes, start_head, write_codes
from evenhand.training.tasks.initial_network import fresh_network, pretrain_encoder
from evenhand.training.tasks.memory_advice import prediction_advice, training_advice
from evenhand.training.tasks.notes import Report, say_emulated, say_recorded_precision
from evenhand.training.tasks.numerics import compiler_of, numerics, numerics_marks, placed
from evenhand.training.tasks.predictions_file import score_of, write_predictions
from evenhand.training.tasks.solved_head import solve
from evenhand.training.tasks.stages import build_stages, stage_plans
from evenhand.training.tasks.task_files import discard, discard_frozen, summary_of, why_not_done, write_task


@on_device(training_advice)
def run_task(
    record: str,
    store: StorePlace,
    model: str,
    fold: int,
    seed: int,
    threads: int,
    watcher: str | None = None,
    progress: Report | None = None,
) -> dict[str, Any]:
    """Fit one model on one fold with one seed, predict the rows it was not trained on, and return a summary.

    Writes weights.safetensors, epochs.jsonl, task.json and predictions.parquet into the task's folder of the
    record; state.pt while it is unfinished. Returns at once where the task is done.

    Parameters
    ----------
    watcher
        "package.module:name" of the checks of every epoch (`evenhand.diagnosis.live_checks:watcher`), or None. A
        finding is reported as {"alarm": finding as plain values, with `epoch` and the `action` taken}.
    progress
        Called with [epochs done, epochs at most] after each epoch.

    Raises
    ------
    TaskError
        Naming model, fold and seed.
    """
    context = TaskContext.of(record, store, model)
    folder = context.record.task_folder(model, fold, seed)
    damage = why_not_done(folder)
    if damage == "":
        Checkpointer(folder).delete()  # of a process that was killed between the two
        return summary_of(folder)
    if damage:
        _say(progress, f"{damage}. The task is done again.")
        discard_frozen(folder, context.shared)
        discard(folder)
    try:
        with numerics(context, threads):
            say_emulated(context, progress)
            return _fit(context, fold, seed, folder, watcher, progress)
    except TaskError as error:
        raise TaskError(f"Model {model}, fold {fold}, seed {seed}: {error}") from None
    except RuntimeError as error:
        if not is_of_compiler(error):
            raise
        # of the gradients: a forward pass that cannot be compiled runs uncompiled
        raise TaskError(
            f"Model {model}, fold {fold}, seed {seed}: its gradients cannot be compiled ({first_line(error)}). Run "
            "it anew without: --set compute.compile=false --fresh."
        ) from None
    except OSError as error:
        raise TaskError(
            f"Model {model}, fold {fold}, seed {seed}: {error.filename or folder} cannot be written or read "
            f"({error.strerror or error}). Free disk space or restore its permissions; the same command "
            "then resumes."
        ) from None


@on_device(prediction_advice)
def prepare_model(
    record: str, store: StorePlace, model: str, threads: int, progress: Report | None = None
) -> dict[str, Any]:
    """Compute the activations of a model's frozen parts into the store, before its tasks need them.

    Returns
    -------
    {"model", "stages": number of stages with a frozen part}
    """
    context = TaskContext.of(record, store, model)
    config = context.model
    report = None if progress is None else lambda done, total: progress([done, total])
    with numerics(context, threads):
        device = device_of(context.device)
        say_emulated(context, progress)
        # a pretrained encoder is the same for every seed; a random one has activations of its own
        for seed in config.seeds[:1] if has_frozen_features(config) else config.seeds:
            network = fresh_network(context, seed).to_device(device)
            say_recorded_precision(network, device, progress)
            build_stages(context, network, device, report)
    return {"model": model, "stages": sum(plan.tune != "all" for plan in stage_plans(config, context.train))}


def check_weights(
    record: str, store: StorePlace, model: str, threads: int, progress: Report | None = None
) -> dict[str, Any]:
    """Build the network of a model, and return {"model"}; raises `ModelError` if its weights cannot be used."""
    context = TaskContext.of(record, store, model)
    with numerics(context, threads):
        fresh_network(context, context.model.seeds[0])
    return {"model": model}


def task_spec(
    context: TaskContext,
    parts: TaskRows,
    key: tuple[int | str, ...],
    seed: int,
    *,
    pretrain: bool = True,
    progress: Report | None = None,
) -> FitSpec:
    """Return the spec of one task; its encoder is trained without labels first where its options ask for that."""
    network = fresh_network(context, seed)
    device, samples = placed(context, network), context.samples
    # before the stages: building inputs moves the boundary, which must end at that of the last stage
    second_sets = second_sets_of(context, network, device)
    stages = build_stages(context, network, device)
    if pretrain:
        pretrain_encoder(context, network, stages[0].inputs, parts.fit, key)
    start_head(network, samples, parts.fit, context.blocks)
    spec = fold_spec(
        network,
        stages,
        samples.labels,
        samples.k,
        fit_rows=parts.fit,
        validation_rows=parts.scored,
        scorer=_scorer(context, samples, parts.scored),
        train=context.train,
        balance=context.balance,
        stage_balance=context.stage_balance,
        names=samples.classes,
        key=key,
        weights=samples.weights,
        blocks=context.blocks,
        layer_decay=context.model.layer_decay,
        norms=network.encoder,
        device=device,
    )
    return replace(
        spec,
        second_sets=second_sets,
        teacher=teacher_of(context, parts.fit, device),
        compiler=compiler_of(context, device, progress),
    )


def second_sets_of(context: TaskContext, network: Network, device: torch.device) -> tuple[SecondSet, ...]:
    """Return the second set of a record as a spec takes it; empty where there is none."""
    second = context.generalization
    if second is None:
        return ()
    samples, known = second.samples, np.flatnonzero(second.samples.known)
    return (
        SecondSet(
            name=RowSet.GENERALIZATION,
            inputs=tuple(stage.inputs for stage in build_stages(second, network, device)),
            targets=Targets(samples.labels, samples.k, device=device),
            rows=known,
            scorer=_scorer(context, samples, known),
            every=context.train.generalization_every,
        ),
    )


def _scorer(context: TaskContext, samples: Samples, rows: Ints) -> Scorer:
    """Return the [score] of the samples at `rows`, from their probabilities."""
    return scorer_of(
        samples.labels[rows],
        samples.classes,
        context.score.weights,
        context.classes.sets,
        samples.levels,
        samples.groups[rows] if samples.grouped else None,
        context.truth_threshold,
    )


def _fit(
    context: TaskContext,
    fold: int,
    seed: int,
    folder: Path,
    watcher: str | None,
    progress: Report | None,
) -> dict[str, Any]:
    parts = context.parts(fold)
    if not len(parts.fit):
        raise TaskError("there is no labelled row to train on. Use fewer folds, or a smaller test.")
    key = (seed, context.model.name, fold)
    spec = task_spec(context, parts, key, seed, progress=progress)
    if context.model.is_solved:
        return solve(context, spec, parts, folder, fold, seed)
    fingerprint = _fingerprint(context, parts, key, torch.get_num_threads(), _marks(context, spec))
    checkpointer = Checkpointer(folder, fingerprint, on_damage=partial(_say, progress))
    watch = None if progress is None else lambda done, total: progress([done, total])
    monitor = None if watcher is None else monitor_of(watcher, context, parts, fold, seed, progress)
    fitted = fit(spec, checkpointer, watch, monitor)
    spec = fitted.spec or spec
    correct = partial(corrected, shift=fitted.correction, unsmoothing=fitted.unsmoothing)
    finish_head(spec, fitted.stage)
    if finishes(spec):  # the score of the epochs is not that of the predictions
        fitted = replace(fitted, score=score_of(spec, fitted.stage, parts.scored, correct))
    network: Any = spec.network
    save_network(folder / "weights.safetensors", network, context.samples.k, shared=context.shared)
    write_epochs(folder / "epochs.jsonl", fitted.lines)
    summary = {
        **_summary(context, fold, seed, fitted),
        **usage_of(fitted.lines, device_name(spec.device)),
        "frozen_precision": computed_precision(network),
        "correction": plain(fitted.correction),
    }
    if fitted.unsmoothing is not None:
        summary["unsmoothing"] = fitted.unsmoothing.document()
    write_codes(folder / "codes.parquet", context, spec, parts, fitted.stage)
    write_predictions(folder / "predictions.parquet", context, spec, parts, fitted.stage, correct)
    # Last of the files, since a task whose document holds counts as done; only then may the state go.
    write_task(folder, summary, context.shared)
    checkpointer.delete()
    return summary


def _say(progress: Report | None, text: str) -> None:
    if progress is not None:
        progress({"message": text})


def monitor_of(
    watcher: str, context: TaskContext, parts: TaskRows, fold: int, seed: int, progress: Report | None
) -> Monitor:
    """Return a monitor that checks epochs by the function that `watcher` names."""
    module, name = watcher.split(":")
    make = getattr(importlib.import_module(module), name)
    check = make(
        context.model.name,
        fold,
        seed,
        context.samples.classes,
        context.samples.labels[parts.fit],
        context.balance.plain(),
        context.train.plain(),
        None if context.samples.weights is None else context.samples.weights[parts.fit],
    )
    if progress is None:
        return Monitor(check, context.train.on_collapse)
    return Monitor(check, context.train.on_collapse, lambda alarm: progress({"alarm": alarm}))


def _summary(context: TaskContext, fold: int, seed: int, fitted: FitResult) -> dict[str, Any]:
    return {
        "model": context.model.name,
        "fold": fold,
        "seed": seed,
        "epochs": len(fitted.lines),
        "stage": fitted.stage,
        "epoch": fitted.epoch,
        "form": fitted.form,
        "size": stage_plans(context.model, context.train)[fitted.stage].size,
        "effective_batch_size": context.train.effective_batch_size,
        "score": fitted.score.value,
        "parts": dict(fitted.score.parts),
        "averaged": fitted.averaged,
        "alarms": list(fitted.alarms),
        "seconds": round(sum(line["seconds"] for line in fitted.lines), 3),
    }


def _marks(context: TaskContext, spec: FitSpec) -> list[str]:
    """Return what the last bits of a fit depend on beside versions, threads and settings.

    Nothing by default on the CPU. Of a GPU its name, the dtype in force, the versions of CUDA and cuDNN; where a
    head is trained on the CPU with features of a GPU, the name of that.
    """
    device = device_of(context.device)
    return [
        *device_marks(spec.device, precision(context.train.precision, spec.device).dtype),
        *numerics_marks(context, device),
        *_frozen_marks(context, spec),
        *([] if device == spec.device else [f"features of {device_name(device)}"]),
        *([] if spec.compiler is None else ["compiled"]),
    ]


def _frozen_marks(context: TaskContext, spec: FitSpec) -> list[str]:
    """Return the precision of the frozen part where it is not float32; an empty list where nothing is frozen.

    Not by the configuration, whose "auto" is another precision on another machine.
    """
    network: Any = spec.network
    frozen = any(plan.tune != "all" for plan in stage_plans(context.model, context.train))
    dtype = frozen_dtype(network.model.frozen_precision, device_of(context.device))
    return ["frozen bf16"] if frozen and dtype is torch.bfloat16 else []


def _fingerprint(
    context: TaskContext, parts: TaskRows, key: tuple[int | str, ...], threads: int, marks: list[str]
) -> str:
    """Return a hash of everything that the result of a task depends on: no state of another task is resumed."""
    document = [
        context.model.plain(),
        context.train.plain(),
        context.balance.plain(),
        context.score.weights,
        context.classes.sets,
        context.samples.classes,
        context.device,
        context.truth_threshold,
        # these two change the last bits of sums
        str(torch.__version__),
        threads,
        seed_from(*key),
        *([context.blocks] if context.blocks else []),
        *marks,
    ]
    digest = hashlib.blake2b(to_json(document).encode(), digest_size=16)
    weights = context.samples.weights
    for array in (context.samples.labels, parts.fit, parts.scored, *([] if weights is None else [weights])):
        digest.update(array.tobytes())
    if context.train.distill is not None:
        table = teacher_table(context.train.distill, context.samples)
        digest.update(table.filter(like="p:").to_numpy(dtype=float).tobytes())
    return digest.hexdigest()
