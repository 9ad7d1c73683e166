"""Probabilities of rows that were not in a run, by the mean of its fold models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from evenhand.base.errors import DataError
from evenhand.base.storage.record import Record
from evenhand.base.text.counted import count
from evenhand.base.values import Mask, RowSet
from evenhand.data.roots.root import Root
from evenhand.evaluation.reading.from_record import best_model
from evenhand.pipeline.stages.execution.progress import Silent, Watcher
from evenhand.pipeline.stages.predictor import predictor_for
from evenhand.pipeline.stages.source import readers_store
from evenhand.pipeline.verbs.predict import NewRows, predict_rows
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.rows.source import ProbabilitySource
from evenhand.review.rows.with_predictions import with_predictions
from evenhand.settings.load import load


def with_fold_ensemble(
    rows: ReviewRows,
    record: Record,
    root: Root,
    *,
    model: str | None = None,
    skip: Mask | None = None,
    changes: Sequence[str] = (),
    store: str | Path | None = None,
    watcher: Watcher | None = None,
) -> ReviewRows:
    """Return rows with probabilities for those that had none, as `predict` makes them of new data.

    Models are run in worker processes, which takes as long as a prediction. A row with the bytes of one that models
    of the run were trained on, under another id, is in-sample. Rows that cannot be decoded stay without
    probabilities.

    Parameters
    ----------
    root
        Where the files of the rows are.
    model
        The model or blend; by default that of the rows, else the best of the run.
    skip
        (n,) bool, rows that models are not asked about, such as those that could not be decoded before.
    changes
        `KEY=VALUE` assignments over the configuration of the run, such as "compute.workers=1".
    store
        Folder of the store of decoded rows; None for the user's own.
    watcher
        Receives progress.

    Raises
    ------
    RecordError, EvenhandError
        If the run is not finished, has no such model, or cannot predict with it.
    """
    missing = ~rows.predicted if skip is None else ~rows.predicted & ~skip
    if not missing.any():
        return rows
    watcher, kept = watcher or Silent(), readers_store(store)
    settings = load(record.resolved(), changes=changes)
    chosen = model or rows.model or best_model(record)
    predictor = predictor_for(record, settings, chosen, watcher, kept)
    new = NewRows(root, rows.samples.take(missing))
    try:
        found = predict_rows(record, settings, new, chosen, predictor, watcher, kept)
    except DataError as error:  # a few new rows that are all damaged are no reason not to review the others
        watcher.message(f"{count(int(missing.sum()), 'row')} without probabilities: {error}")
        return rows
    trained = (found.table["set"] == RowSet.TRAINING).to_numpy()
    places = np.where(trained, ProbabilitySource.IN_SAMPLE.value, ProbabilitySource.FOLD_ENSEMBLE.value)
    return with_predictions(rows, found.predictions, places.astype(object))
