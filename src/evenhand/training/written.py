"""predictions.parquet of a task: what a network says of rows that it has not seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from evenhand.base.files import replacing
from evenhand.base.values import Floats, Ints
from evenhand.training.assignment import Assignment, Parts
from evenhand.training.job import Job
from evenhand.training.precision import precision
from evenhand.training.prediction import predict_logits, probabilities


def write_predictions(path: Path, assignment: Assignment, job: Job, stage: int, parts: Parts) -> None:
    """Write what the network says of the held-out and the locked rows: id, set, p:CLASS and logit:CLASS."""
    rows = np.concatenate([parts.validation, parts.test])
    logits = stage_logits(job, stage, assignment.rows[rows])
    found = probabilities(torch.from_numpy(logits), several=job.targets.several)
    classes = assignment.samples.classes
    ids = assignment.samples.ids[rows]
    sets = np.repeat(["validation", "test"], [len(parts.validation), len(parts.test)])
    table = pd.concat(
        [
            pd.DataFrame({"id": ids, "set": sets}),
            pd.DataFrame(found, columns=[f"p:{name}" for name in classes]),
            pd.DataFrame(logits, columns=[f"logit:{name}" for name in classes]),
        ],
        axis=1,
    )
    with replacing(path) as part:
        table.to_parquet(part, index=False)


def stage_logits(job: Job, stage: int, rows: Ints) -> Floats:
    """Return (len(rows), k) logits of a job's network at one of its stages, corrected to the prior wanted."""
    logits = predict_logits(
        job.network.tuned,
        job.stages[stage].inputs,
        rows,
        job.targets.k,
        batch_size=job.train.batch_size,
        precision=precision(job.train.precision, job.device),
    )
    shift = correction_of(job, stage)
    return logits if shift is None else logits + shift


def correction_of(job: Job, stage: int) -> Floats | None:
    """Return (k,) what is added to the logits of a stage before they become probabilities, or None."""
    balance = job.stages[stage].balance
    return None if balance is None else balance.correction
