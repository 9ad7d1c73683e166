"""A task that is solved in one step instead of trained in epochs: a logistic regression on frozen features."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from evenhand.balance.unsmoothing import corrected
from evenhand.base.storage.atomic import plain, write_json
from evenhand.base.values import Floats
from evenhand.models.heads import Standardise
from evenhand.models.io.network_files import save_network
from evenhand.training.assignment import Assignment, Parts
from evenhand.training.job import Job
from evenhand.training.logistic_regression import LinearFit, fit_logistic_regression
from evenhand.training.prediction import probabilities
from evenhand.training.stages import plans
from evenhand.training.written import logits_of, write_predictions


def solve(assignment: Assignment, job: Job, parts: Parts, folder: Path, fold: int, seed: int) -> dict[str, Any]:
    """Fit the head of a job's network, write what a trained task writes but epochs, and return the summary."""
    began = time.monotonic()
    samples = assignment.samples
    network: Any = job.network
    found = _fitted(assignment, job, parts, network.head)
    shift = _correction(job)
    logits = logits_of(job, job.stages[0].inputs, job.judge_rows)
    correct = partial(corrected, shift=shift, unsmoothing=None)  # nothing smooths its targets
    score = job.scorer(probabilities(torch.from_numpy(correct(logits)), several=samples.multi_label))
    folder.mkdir(parents=True, exist_ok=True)
    save_network(folder / "weights.safetensors", network, samples.k, shared=assignment.shared)
    summary = {
        "model": assignment.model.name,
        "fold": fold,
        "seed": seed,
        "epochs": 1,
        "stage": 0,
        "epoch": 0,
        "form": "plain",
        "size": plans(assignment.model, assignment.train)[0].size,
        "score": score.value,
        "parts": dict(score.parts),
        "averaged": None,
        "alarms": [],
        "C": found.c,
        "seconds": round(time.monotonic() - began, 3),
        "correction": plain(shift),
    }
    write_json(folder / "task.json", summary)
    write_predictions(folder / "predictions.parquet", assignment, job, parts, 0, correct)
    return summary


def _fitted(assignment: Assignment, job: Job, parts: Parts, head: Any) -> LinearFit:
    """Solve for the weights of the head, put them in, and return them."""
    scale, layer = head
    x = _features(job)
    if isinstance(scale, Standardise):
        with torch.no_grad():
            scale.running_mean.copy_(x.mean(0))  # type: ignore[union-attr]
            scale.running_var.copy_(x.var(0, correction=0))  # type: ignore[union-attr]
    network_scale: nn.Module = scale.eval()
    with torch.no_grad():
        scaled = network_scale(x).cpu().numpy()
    samples = assignment.samples
    found = fit_logistic_regression(
        scaled,
        samples.labels[parts.fit],
        samples.k,
        groups=samples.groups[parts.fit] if samples.grouped else None,
        weights=None if samples.weights is None else samples.weights[parts.fit],
    )
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(np.asarray(found.weight, dtype=np.float32)))
        layer.bias.copy_(torch.from_numpy(np.asarray(found.bias, dtype=np.float32)))
    return found


def _features(job: Job, *, step: int = 4096) -> Tensor:
    """Return (n, d) float32 features of the training rows, seen plain or as the average of their views."""
    inputs, rows = job.stages[0].inputs, torch.from_numpy(job.fit_rows)
    return torch.cat([inputs.look(part) for part in torch.split(rows, step)])


def _correction(job: Job) -> Floats | None:
    balance = job.stages[0].balance
    return None if balance is None else balance.shift(0)
