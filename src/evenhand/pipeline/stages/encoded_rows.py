"""The rows of a finished run, encoded: from the store, or decoded again where the data still are."""

from __future__ import annotations

import numpy as np

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.record import Record
from evenhand.base.values import Ints
from evenhand.data.roots.root import root_of
from evenhand.data.store.store import Store
from evenhand.modalities.recorded_files import check_unchanged
from evenhand.pipeline.stages.execution.progress import Watcher
from evenhand.pipeline.stages.source import encode
from evenhand.settings.load import Settings
from evenhand.training.tasks.context import TaskContext


def encoded_rows(
    run: Record, settings: Settings, context: TaskContext, size: int | None, watcher: Watcher, store: Store
) -> tuple[str, Ints]:
    """Return the name of the store's entry at one size, and (n,) the position of each sample in it.

    Raises
    ------
    EvenhandError
        If rows are neither in the store nor, unchanged, at the place where the run read them.
    """
    try:
        return context.entry(size).name, context.rows
    except EvenhandError:  # no longer in the store
        samples, root = run.samples(), root_of(settings.data)
        # Also lest a record puts rows of other files into the store, under hashes that are those of the reader's.
        check_unchanged(settings.kind, settings.kind_config, root, samples.frame)
        entry = encode(settings.kind, root, samples, settings, size, watcher, store)
        if entry.failures:
            raise
        return entry.name, np.arange(len(entry))
