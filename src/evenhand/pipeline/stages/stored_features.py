"""Features of rows from the store, for blends that use them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from evenhand.base.cores import usable_cores
from evenhand.base.storage.numpy_files import load_array
from evenhand.base.storage.record import Record
from evenhand.base.values import Floats, Strings
from evenhand.data.store.store import Store
from evenhand.pipeline.stages.execution.dispatch import dispatch
from evenhand.pipeline.stages.execution.placement import placement, readers_compute
from evenhand.pipeline.stages.execution.progress import Watcher
from evenhand.settings.load import Settings
from evenhand.training.calls import FeaturesCall


def stored_features(
    record: Record,
    settings: Settings,
    models: Sequence[str],
    watcher: Watcher,
    store: Store,
    *,
    entries: Mapping[str, str] | None = None,
    stored_only: bool = False,
) -> dict[str, Floats]:
    """Return model -> (n, d) float32 activations of its frozen part; models without one are missing.

    Parameters
    ----------
    models
        Names of models of the run.
    store
        Holds the encoded rows; missing ones are read from the store named in the record and kept in this one.
    entries
        Model -> name of an entry of the store with other rows; by default the rows of the record, in the order of
        its samples.
    stored_only
        Compute nothing.

    Raises
    ------
    TaskError
        If features cannot be computed, or with `stored_only` if the store lacks them.
    """
    threads = usable_cores()
    watcher.stage("reading features", len(models))
    with tempfile.TemporaryDirectory() as folder:
        calls = [
            FeaturesCall(
                record=str(record.path),
                store=store.place(),
                model=name,
                threads=threads,
                out=str(Path(folder) / f"{position}.npy"),
                entry=None if entries is None else entries[name],
                stored_only=stored_only,
            )
            for position, name in enumerate(models)
        ]
        found = dispatch(calls, watcher, placement(readers_compute(settings.compute, watcher), 1), threads=threads)
        return {
            name: load_array(call.out) for name, call, one in zip(models, calls, found, strict=True) if one["width"]
        }


def of_ids(features: Mapping[str, Floats], all_ids: Strings, ids: Strings) -> dict[str, Floats]:
    """Return the features of some rows, in the order of `ids`."""
    position = {i: at for at, i in enumerate(all_ids)}
    at = np.array([position[i] for i in ids], dtype=np.int64)
    return {name: table[at] for name, table in features.items()}
