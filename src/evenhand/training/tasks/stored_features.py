"""Features of rows from the store, for blends and checks that use them beside the predictions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.base.storage.files.atomic import replacing
from evenhand.base.values import Floats
from evenhand.data.store.store import StorePlace
from evenhand.data.store.stored_only import StoredOnly
from evenhand.training.device import device_of
from evenhand.training.device_faults import on_device
from evenhand.training.tasks.build_inputs import activations_of
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.initial_network import fresh_network
from evenhand.training.tasks.memory_advice import prediction_advice
from evenhand.training.tasks.notes import Report, say_recorded_precision
from evenhand.training.tasks.numerics import numerics


@on_device(prediction_advice)
def write_features(
    record: str,
    store: StorePlace,
    model: str,
    threads: int,
    out: str,
    entry: str | None = None,
    stored_only: bool = False,
    progress: Report | None = None,
) -> dict[str, Any]:
    """Write (n, d) float32 activations of a model's frozen part to `out` (.npy), maps averaged over positions.

    Features are those of the plain rows, without augmentation. They are read from the store, or computed where it
    lacks them.

    Parameters
    ----------
    entry
        Entry of other rows in the store, encoded at the model's size; by default the rows of the record, in the
        order of its samples.
    stored_only
        Compute nothing: features that the store lacks are a `StoreError`.

    Returns
    -------
    {"model", "width": d}, with d = 0 where the model has no frozen part and nothing was written.
    """
    context = TaskContext.of(record, store, model)
    if stored_only:
        context = replace(context, store=StoredOnly.of(context.store))
    with numerics(context, threads):
        device = device_of(context.device)
        network = fresh_network(context, context.model.seeds[0]).to_device(device)
        if network.frozen is None:
            return {"model": model, "width": 0}
        say_recorded_precision(network, device, progress)
        rows = context.entry(None) if entry is None else context.store.open(entry)
        kept = activations_of(network, rows, context, device)
    table = flat(kept) if entry is not None else flat(kept)[context.rows]
    with replacing(Path(out)) as part, part.open("wb") as file:
        np.save(file, table, allow_pickle=False)
    return {"model": model, "width": int(table.shape[1])}


def flat(kept: Any) -> Floats:
    """Return (n, d) float32: the first view of (n, v, d) vectors, or the spatial means of (n, v, d, h, w) maps."""
    first = np.asarray(kept[:, 0], dtype=np.float32)
    return np.asarray(first.reshape(*first.shape[:2], -1).mean(axis=2))
