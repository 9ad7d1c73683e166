"""predictions.parquet of a task: what a network says of rows that it has not seen."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import torch

from evenhand.base.files import replacing
from evenhand.base.values import Floats, Ints
from evenhand.modalities.views import PLAIN, View
from evenhand.models.network import Network
from evenhand.training.assignment import Assignment, Parts
from evenhand.training.inputs import Inputs
from evenhand.training.job import Job
from evenhand.training.precision import precision
from evenhand.training.prediction import predict_logits, probabilities
from evenhand.training.stages import plans
from evenhand.training.test_time import inputs_seen, over_views


def write_predictions(path: Path, assignment: Assignment, job: Job, stage: int, parts: Parts) -> None:
    """Write what the network says of the held-out and the locked rows: id, set, p:CLASS and logit:CLASS."""
    rows = np.concatenate([parts.validation, parts.test])
    logits = over_views(assignment, partial(_seen, assignment, job, stage, assignment.rows[rows]))
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


def stage_logits(job: Job, stage: int, rows: Ints, inputs: Inputs | None = None) -> Floats:
    """Return (len(rows), k) logits of a job's network at one of its stages, on its own inputs or others."""
    return predict_logits(
        job.network.tuned,
        inputs or job.stages[stage].inputs,
        rows,
        job.targets.k,
        batch_size=job.train.batch_size,
        precision=precision(job.train.precision, job.device),
    )


def _seen(assignment: Assignment, job: Job, stage: int, rows: Ints, view: View) -> Floats:
    """Return (len(rows), k) logits of rows as a view shows them."""
    if view is PLAIN:
        return stage_logits(job, stage, rows)
    entry = assignment.entry(plans(assignment.model, assignment.train)[stage].size)
    network = cast(Network, job.network)
    return stage_logits(
        job, stage, rows, inputs_seen(assignment, network, entry["image"], entry.name, view, job.device)
    )
