"""Write the nearest rows of a few held-out rows of a run, for the report."""

from __future__ import annotations

import numpy as np

from evenhand.base.errors import EvenhandError
from evenhand.base.seeds import generator
from evenhand.base.storage.record import Record
from evenhand.base.values import Samples
from evenhand.pipeline.retrieval.retrieve import retrieve
from evenhand.pipeline.stages.execution.progress import Watcher
from evenhand.settings.load import Settings

FILE = "neighbours.json"
MOST_ROWS = 100_000
"""Runs on more rows have no neighbours in their report: all are embedded again, which then takes minutes."""


def write_neighbours(record: Record, settings: Settings, watcher: Watcher, *, k: int = 6) -> None:
    """Write the `k` nearest rows of as many queries as the kind shows, unless the record has them.

    Queries are drawn from the held-out rows of the first fold with a known label, not chosen, and searched for in
    the network of that fold by `retrieve`. A hit has the labels of the query, or half of them where rows may have
    several: to share any of several labels is often nothing.
    """
    samples = record.samples()
    if not settings.kind.report_queries or record.has(FILE) or len(samples) > MOST_ROWS:
        return
    asked = _queries(record, samples, settings.kind.report_queries)
    if not asked:
        return
    try:
        found = retrieve(
            record,
            asked,
            k=k,
            relevance="jaccard" if samples.multi_label else "any",
            store=settings.compute.store,
            watcher=watcher,
        )
    except EvenhandError as error:
        # The run is done; for want of examples it does not fail.
        watcher.message(f"The report has no nearest rows: {error}")
        return
    record.write_json(FILE, found.document())


def _queries(record: Record, samples: Samples, most: int) -> list[str]:
    at = np.flatnonzero((record.folds().of(samples.ids) == 0) & samples.known)
    drawn = generator("queries of the report").permutation(len(at))[:most]
    return [str(name) for name in samples.ids[at[np.sort(drawn)]]]
