"""What heads do besides logits: a first step on base rates, a last one on training features, codes of rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from evenhand.base.storage.files.atomic import replacing
from evenhand.base.values import Ints, Samples, Strings
from evenhand.models.network import Network
from evenhand.training.inputs.inputs import Inputs
from evenhand.training.loop.fit_spec import FitSpec
from evenhand.training.tasks.context import TaskContext, TaskRows


def start_head(network: Network, samples: Samples, rows: Ints, blocks: Sequence[Sequence[int]] = ()) -> None:
    """Let a head that asks for it begin at the base rates of the labels of some rows (`Head.start`).

    A label that no row has, or all have, is not certain: rates are those of one more row with a half of each.

    Parameters
    ----------
    blocks
        Positions of the classes that share a softmax, set by set.
    """
    head: Any = network.head
    module = head[1]
    if not hasattr(module, "start"):
        return
    known = samples.known_cells[rows]
    held = np.where(known, samples.matrix()[rows], 0.0).sum(axis=0)
    rates = (held + 0.5) / (known.sum(axis=0) + 1.0)
    alone = np.full(samples.k, samples.multi_label)
    alone[[at for block in blocks for at in block]] = False
    # of a sigmoid, the log-odds; of a softmax, the log, up to a constant that it cancels
    logits = np.where(alone, np.log(rates / (1.0 - rates)), np.log(rates))
    with torch.no_grad():
        module.start(torch.from_numpy(logits.astype(np.float32)))


def finish_head(spec: FitSpec, stage: int) -> None:
    """Let a head that asks for it see the features of the training rows once (`Head.finish`).

    Parameters
    ----------
    stage
        Position of the stage that the weights are of.
    """
    if not finishes(spec):
        return
    network: Any = spec.network
    scale, module = network.head[0], network.head[1]
    network.head.eval()
    with torch.no_grad():
        module.finish(scale(training_features(spec, stage)))


def finishes(spec: FitSpec) -> bool:
    """Return whether the head has a last step, so that it predicts otherwise than while it was trained."""
    head: Any = spec.network.head  # type: ignore[attr-defined]
    return hasattr(head[1], "finish")


def write_codes(path: Path, context: TaskContext, spec: FitSpec, parts: TaskRows, stage: int) -> None:
    """Write the codes of predicted rows, where the head has any: columns id, set, and code:0, code:1, ….

    Rows and sets are those of `write_predictions`: held out, locked, and of the second set. Codes are float32 in
    -1..1 whose signs are the bits, or uint8 numbers of centroids.
    """
    network: Any = spec.network
    if not getattr(network.head, "has_codes", False):
        return
    ids, inputs = context.samples.ids, spec.stages[stage].inputs
    tables = [
        _codes(spec, inputs, parts.validation, ids, "validation"),
        _codes(spec, inputs, parts.test, ids, "test"),
    ]
    further = context.generalization
    for second in spec.second_sets if further is not None else ():
        assert further is not None
        ids = further.samples.ids
        tables.append(_codes(spec, second.inputs[stage], np.arange(len(ids)), ids, second.name))
    if any(len(table) for table in tables):
        with replacing(path) as part:
            pd.concat([table for table in tables if len(table)], ignore_index=True).to_parquet(part, index=False)


def _codes(spec: FitSpec, inputs: Inputs, rows: Ints, ids: Strings, name: str) -> pd.DataFrame:
    """Return a table of the codes of some rows of a set."""
    if not len(rows):
        return pd.DataFrame()
    network: Any = spec.network
    with torch.no_grad():
        found = network.head.codes(features(spec, inputs, rows)).cpu().numpy()
    table = pd.DataFrame(found, columns=[f"code:{at}" for at in range(found.shape[1])])
    table.insert(0, "id", ids[rows])
    table.insert(1, "set", name)
    return table


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
