"""The rows of a run: as it read them, or as they are now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from evenhand.base.storage.record import Record
from evenhand.base.values import Finding, Floats, Predictions, RowSet
from evenhand.blending.blend import PREFIX
from evenhand.evaluation.reading.from_record import best_model, of_record, truth_threshold
from evenhand.evaluation.reading.read import of_model
from evenhand.review.rows.disagreement import jensen_shannon
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.rows.source import ProbabilitySource
from evenhand.review.rows.with_predictions import with_predictions

SOURCES = {
    RowSet.OUT_OF_FOLD: ProbabilitySource.OUT_OF_FOLD,
    RowSet.LOCKED: ProbabilitySource.FOLD_ENSEMBLE,
}
"""The sets of rows of a run, and where their predictions come from."""


def from_record(record: str | Path | Record, *, model: str | None = None) -> ReviewRows:
    """Return the rows of a run as it read them, with its findings and held-out probabilities.

    A run that has not been evaluated gives rows without probabilities.

    Parameters
    ----------
    model
        The model or blend that the probabilities are of; by default the one with the best out-of-fold score.

    Raises
    ------
    RecordError, DataError
        If the folder is not a record, or there is no such model.
    """
    run = Record.open(record)
    folds = run.folds() if run.wrote("folds.csv") else None
    rows = ReviewRows.of(run.samples(), folds=folds, reported=run.findings(), truth_threshold=truth_threshold(run))
    return with_record(rows, run, model=model)


def with_record(rows: ReviewRows, record: Record, *, model: str | None = None) -> ReviewRows:
    """Return rows with the held-out probabilities of a run, and its findings, for those that were in it.

    A row was in the run if it has the same id there and, where contents are known, the same bytes; a corrected
    label does not matter, as no model of its fold had seen the row. A finding that reading the rows reports too is
    not taken from the run, which had the rows of then.

    Raises
    ------
    RecordError, DataError
        If the record is damaged, or there is no such model.
    """
    unchanged = unchanged_rows(rows, record)
    rows = replace(rows, reported=(*rows.reported, *_findings_of_run(rows, record, unchanged)))
    if not record.wrote("predictions.parquet"):
        return rows
    there = set(record.predictions()["set"].astype(str))
    for of, source in SOURCES.items():
        if of not in there:
            continue
        every = of_record(record, of=of)
        name = model or (best_model(record) if record.has("scores.json") else every[0].model)
        chosen = of_model(every, name, "review", f"{record.path}: ")
        # of objects NumPy's isin compares each with each
        same = pd.Index(chosen.ids).isin(unchanged)
        sources = np.where(same, source.value, ProbabilitySource.NONE.value).astype(object)
        rows = with_predictions(rows, chosen, sources)
        rows = replace(rows, disagreement=_disagreement(rows, every, sources))
    return rows


def _findings_of_run(rows: ReviewRows, record: Record, unchanged: Sequence[str]) -> Iterator[Finding]:
    read, same = {(one.code, one.about) for one in rows.reported}, set(unchanged)
    for finding in record.findings():
        ids = tuple(row for row in finding.ids if row in same)
        if ids and (finding.code, finding.about) not in read:
            yield replace(finding, ids=ids)


def unchanged_rows(rows: ReviewRows, record: Record) -> list[str]:
    """Return the ids of the rows that the run had, with the same bytes."""
    ours, theirs = rows.samples.frame, record.samples().frame
    if "content" not in ours or "content" not in theirs:
        return [str(row) for row in theirs["id"]]
    both = ours[["id", "content"]].merge(theirs[["id", "content"]], on=["id", "content"])
    return both["id"].tolist()


def _disagreement(rows: ReviewRows, every: Sequence[Predictions], sources: np.ndarray) -> Floats:
    """Return (n,) the disagreement of the models, blends apart, filled in for the rows that have a source."""
    models = [p for p in every if not p.model.startswith(PREFIX)]
    out = rows.disagreement.copy()
    # Models of one run have the same rows in the same order; where others wrote the record, nothing is compared.
    if len(models) < 2 or any(not np.array_equal(p.ids, every[0].ids) for p in models):
        return out
    at = pd.Index(rows.ids).get_indexer(pd.Index(every[0].ids))
    use = (at >= 0) & (sources != ProbabilitySource.NONE.value)
    out[at[use]] = jensen_shannon([p.probabilities for p in models], several=rows.multi_label)[use]
    return out
