"""What heads do besides logits: a first step on base rates, a last one on training features, codes of rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from evenhand.base.storage.atomic import replacing
from evenhand.base.values import Ints, Samples
from evenhand.models.network import Network
from evenhand.training.inputs.inputs import Inputs
from evenhand.training.loop.fit_spec import FitSpec
from evenhand.training.tasks.context import TaskContext, TaskRows


def start_head(network: Network, samples: Samples, rows: Ints) -> None:
    """Let a head that asks for it begin at the base rates of the labels of some rows (`Head.start`).

    A label that no row has, or all have, is not certain: rates are those of one more row with a half of each.
    """
    module: Any = network.head[1]
    if not hasattr(module, "start"):
        return
    known = samples.known_cells[rows]
    held = np.where(known, samples.matrix()[rows], 0.0).sum(axis=0)
    rates = (held + 0.5) / (known.sum(axis=0) + 1.0)
    logits = np.log(rates / (1.0 - rates)) if samples.task == "multi" else np.log(rates / rates.sum())
    with torch.no_grad():
        module.start(torch.from_numpy(logits.astype(np.float32)))


def finish_head(spec: FitSpec, stage: int) -> None:
    """Let a head that asks for it see the features of the training rows once (`Head.finish`).

    Parameters
    ----------
    stage
        Position of the stage that the weights are of.
    """
    network: Any = spec.network
    scale, module = network.head[0], network.head[1]
    if not hasattr(module, "finish"):
        return
    network.head.eval()
    with torch.no_grad():
        module.finish(scale(training_features(spec, stage)))


def write_codes(path: Path, context: TaskContext, spec: FitSpec, parts: TaskRows, stage: int) -> None:
    """Write the codes of held-out and locked rows, where the head has any: columns id, set, and code:0, code:1, ….

    Codes are float32 in -1..1 whose signs are the bits, or uint8 numbers of centroids.
    """
    network: Any = spec.network
    if not getattr(network.head, "has_codes", False):
        return
    rows = np.concatenate([parts.validation, parts.test])
    with torch.no_grad():
        found = network.head.codes(features(spec, spec.stages[stage].inputs, rows)).cpu().numpy()
    table = pd.DataFrame(found, columns=[f"code:{at}" for at in range(found.shape[1])])
    table.insert(0, "id", context.samples.ids[rows])
    table.insert(1, "set", ["validation"] * len(parts.validation) + ["test"] * len(parts.test))
    with replacing(path) as part:
        table.to_parquet(part, index=False)


def training_features(spec: FitSpec, stage: int) -> Tensor:
    """Return (n, d) float32 features of the training rows: plain, or averaged over their views."""
    return features(spec, spec.stages[stage].inputs, spec.fit_rows)


def features(spec: FitSpec, inputs: Inputs, rows: Ints, *, step: int = 4096) -> Tensor:
    """Return (n, d) float32 features of rows, as the head of a network gets them."""
    tuned: Any = spec.network.tuned
    extract = getattr(tuned, "features", None)
    tuned.eval()
    size = step if extract is None else inputs.at_once or spec.train.batch_size
    with torch.no_grad():
        looks = (inputs.look(part) for part in torch.split(torch.from_numpy(rows), size))
        found = [look if extract is None else extract(look).float() for look in looks]
    return torch.cat(found)
