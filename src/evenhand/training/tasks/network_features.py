"""Features of rows in the networks of a record: what the head of a fold's network receives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from evenhand.base.storage.atomic import replacing
from evenhand.base.values import Floats, Ints
from evenhand.data.store.entry import StoreEntry
from evenhand.models.network import Network
from evenhand.training.device import device_of
from evenhand.training.inputs.inference import predict_logits
from evenhand.training.loop.determinism import deterministic
from evenhand.training.optim.precision import precision
from evenhand.training.tasks.build_inputs import build_inputs
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.predict_fold import network_of_fold


def write_network_features(
    record: str, store: str, entry: str, rows: list[int], model: str, fold: int, seed: int, threads: int, out: str
) -> dict[str, Any]:
    """Write (len(rows), d) float32 features of encoded rows in one network of a record to `out` (.npy).

    Features are what the head receives, of the plain row without augmentation. They differ between folds where the
    encoder was trained, so that only rows in the same network can be compared.

    Parameters
    ----------
    entry
        Entry of the store, encoded at the size at which the network predicts (`TaskContext.size_of_fold`).
    rows
        Positions of the rows in the entry.

    Returns
    -------
    {"rows", "width": d}
    """
    context = TaskContext.of(record, store, model)
    network, _ = network_of_fold(context, fold, seed)
    with deterministic(threads):
        found = features_of_rows(context, network, context.store.open(entry), np.array(rows, dtype=np.int64))
    with replacing(Path(out)) as part, part.open("wb") as file:
        np.save(file, found, allow_pickle=False)
    return {"rows": len(found), "width": int(found.shape[1])}


def features_of_rows(context: TaskContext, network: Network, entry: StoreEntry, rows: Ints) -> Floats:
    """Return (len(rows), d) float32 features, averaged over the views that prediction averages."""
    device = device_of(context.device)
    network.to(device)
    inputs = build_inputs(context, network, entry, device)
    # Activations at the boundary "head" are the features themselves.
    module = torch.nn.Identity() if network.tuned.features is None else network.tuned.features
    module.eval()
    cast = precision(context.train.precision, device)
    with torch.no_grad(), cast.cast():
        # Measured, since a network does not state the width of its features.
        width = int(module(inputs.look(torch.from_numpy(rows[:1]), 0)).shape[1])
    found = predict_logits(module, inputs, rows, width, batch_size=context.train.batch_size, precision=cast)
    return np.asarray(found, dtype=np.float32)
