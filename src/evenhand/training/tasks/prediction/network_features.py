"""Features of rows in the networks of a record: what the head of a fold's network receives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from evenhand.base.storage.files.atomic import replacing
from evenhand.base.values import Floats, Ints
from evenhand.data.store.entry import StoreEntry
from evenhand.data.store.store import StorePlace
from evenhand.models.network import Network
from evenhand.training.device import device_of
from evenhand.training.device_faults import on_device
from evenhand.training.inputs.inference import predict_logits
from evenhand.training.optim.precision import inference_precision
from evenhand.training.tasks.build_inputs import build_inputs
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.memory_advice import prediction_advice
from evenhand.training.tasks.notes import Report, say_recorded_precision
from evenhand.training.tasks.numerics import numerics
from evenhand.training.tasks.prediction.predict_fold import network_of_fold

BATCH = 4096
"""Features that a head embeds at once."""


@on_device(prediction_advice)
def write_network_features(
    record: str,
    store: StorePlace,
    entry: str,
    rows: list[int],
    model: str,
    fold: int,
    seed: int,
    threads: int,
    out: str,
    progress: Report | None = None,
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
    with numerics(context, threads):
        say_recorded_precision(network, device_of(context.device), progress)
        found = features_of_rows(context, network, context.store.open(entry), np.array(rows, dtype=np.int64))
    with replacing(Path(out)) as part, part.open("wb") as file:
        np.save(file, found, allow_pickle=False)
    return {"rows": len(found), "width": int(found.shape[1])}


@on_device(prediction_advice)
def write_row_vectors(
    record: str,
    store: StorePlace,
    entry: str,
    rows: list[int],
    model: str,
    fold: int,
    seed: int,
    threads: int,
    out: str,
    progress: Report | None = None,
) -> dict[str, Any]:
    """Write what encoded rows are compared by in one network of a record to `out` (.npz).

    Parameters are those of `write_network_features`. The file holds "embedding" (n, e) float32, and of a head that
    codes rows "codes": (n, bits) float32 whose signs are bits, or (n, m) uint8 with "codebooks" (m, c, e / m).

    Returns
    -------
    {"rows", "codes": whether there are any}
    """
    context = TaskContext.of(record, store, model)
    network, _ = network_of_fold(context, fold, seed)
    with numerics(context, threads), torch.no_grad():
        say_recorded_precision(network, device_of(context.device), progress)
        positions = np.array(rows, dtype=np.int64)
        features = features_of_rows(context, network, context.store.open(entry), positions)
        network.head.eval()
        found = _vectors(network.head, torch.split(torch.from_numpy(features), BATCH), device_of(context.device))
    with replacing(Path(out)) as part, part.open("wb") as file:
        np.savez(file, **found)
    return {"rows": len(rows), "codes": "codes" in found}


def _vectors(head: Any, batches: Sequence[torch.Tensor], device: torch.device) -> dict[str, Any]:
    """Return the arrays that `write_row_vectors` writes of batches of features (b, d)."""
    out = {"embedding": [], "codes": []} if head.has_codes else {"embedding": []}  # type: dict[str, list[Any]]
    for batch in batches:
        for name, arrays in out.items():
            arrays.append(getattr(head, name)(batch.to(device)).cpu().numpy())
    found = {name: np.concatenate(arrays) for name, arrays in out.items()}
    return {**found, **({} if (books := head.codebooks()) is None else {"codebooks": books})}


def features_of_rows(context: TaskContext, network: Network, entry: StoreEntry, rows: Ints) -> Floats:
    """Return (len(rows), d) float32 features, averaged over the views that prediction averages."""
    device = device_of(context.device)
    network.to_device(device)
    inputs = build_inputs(context, network, entry, device)
    # Activations at the boundary "head" are the features themselves.
    module = torch.nn.Identity() if network.tuned.features is None else network.tuned.features
    module.eval()
    cast = inference_precision(context.train.precision, device)
    with torch.no_grad(), cast.cast():
        # Measured, since a network does not state the width of its features.
        width = int(module(inputs.look(torch.from_numpy(rows[:1]), 0)).shape[1])
    found = predict_logits(module, inputs, rows, width, batch_size=context.train.batch_size, precision=cast)
    return np.asarray(found, dtype=np.float32)
