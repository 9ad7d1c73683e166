"""A head that is solved on frozen features (`Head.solved`): a task without epochs."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

import torch

from evenhand.balance.correction.unsmoothing import corrected
from evenhand.base.storage.files.atomic import plain
from evenhand.base.values import Floats
from evenhand.models.config import SizedModel
from evenhand.models.heads.modules.scale import set_statistics
from evenhand.models.heads.modules.solved import LabelledRows
from evenhand.models.io.network_files import computed_precision, save_network
from evenhand.training.device import device_name
from evenhand.training.inputs.inference import probabilities
from evenhand.training.loop.fit_spec import FitSpec
from evenhand.training.monitor.peak_memory import peak_memory, reset_peak
from evenhand.training.tasks.context import TaskContext, TaskRows
from evenhand.training.tasks.head_outputs import training_features, write_codes
from evenhand.training.tasks.predictions_file import logits_of, write_predictions
from evenhand.training.tasks.stages import stage_plans
from evenhand.training.tasks.task_files import write_task


def solve(
    context: TaskContext, spec: FitSpec, parts: TaskRows, folder: Path, fold: int, seed: int
) -> dict[str, Any]:
    """Fit the head of a spec's network, write the files of a task except epochs.jsonl, and return the summary."""
    began = time.monotonic()
    reset_peak(spec.device)
    samples = context.samples
    network: Any = spec.network
    about = _solved(context, spec, parts, network)
    shift = _correction(spec)
    logits = logits_of(spec, spec.stages[0].inputs, spec.validation_rows)
    correct = partial(corrected, shift=shift, unsmoothing=None)  # its targets are not smoothed
    score = spec.scorer(probabilities(torch.from_numpy(correct(logits)), multi_label=samples.multi_label))
    folder.mkdir(parents=True, exist_ok=True)
    save_network(folder / "weights.safetensors", network, samples.k, shared=context.shared)
    summary = {
        "model": context.model.name,
        "fold": fold,
        "seed": seed,
        "epochs": 1,
        "stage": 0,
        "epoch": 0,
        "form": "plain",
        "size": stage_plans(context.model, context.train)[0].size,
        "score": score.value,
        "parts": dict(score.parts),
        "averaged": None,
        "alarms": [],
        **about,
        "device": device_name(spec.device),
        "peak_memory": peak_memory(spec.device),
        "frozen_precision": computed_precision(network),
        "seconds": round(time.monotonic() - began, 3),
        "correction": plain(shift),
    }
    write_codes(folder / "codes.parquet", context, spec, parts, 0)
    write_predictions(folder / "predictions.parquet", context, spec, parts, 0, correct)
    write_task(folder, summary, context.shared)
    return summary


def _solved(context: TaskContext, spec: FitSpec, parts: TaskRows, network: Any) -> dict[str, Any]:
    """Solve the head of the network in place, and return what its summary says."""
    scale, module = network.head
    x = training_features(spec, 0)
    set_statistics(scale, x)
    with torch.no_grad():
        scaled = scale.eval()(x)
    samples = context.samples
    about: dict[str, Any] = module.solve(
        LabelledRows(
            scaled,
            samples.labels[parts.fit],
            samples.k,
            groups=context.folds.resampling_groups(samples, parts.fit)[0],
            weights=None if samples.weights is None else samples.weights[parts.fit],
        )
    )
    if held := getattr(module, "held_rows", 0):  # saved with the network, which is built again from its model
        network.model = SizedModel.model_validate({**network.model.model_dump(), "held_rows": held})
    return about


def _correction(spec: FitSpec) -> Floats | None:
    balance = spec.stages[0].balance
    return None if balance is None else balance.shift(0)
