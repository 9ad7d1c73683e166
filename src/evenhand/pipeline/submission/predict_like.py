"""`predict` in the format of a sample submission, with rows overridden by a consensus of other predictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError, EvenhandError, RecordError, unknown
from evenhand.base.storage.record import Record
from evenhand.base.text.cells import by_spelling, same_as
from evenhand.base.values import Predictions, Strings
from evenhand.blending.consensus import override, votes_of
from evenhand.diagnosis.evidence.evidence import UnreadableRow
from evenhand.evaluation.reading.from_record import best_model, model_names, of_record
from evenhand.pipeline.stages.execution.progress import Silent, Watcher
from evenhand.pipeline.stages.execution.progress_bars import shows_progress
from evenhand.pipeline.submission.sample_format import (
    Sample,
    Submission,
    fill_sample,
    read_sample,
    write_submission,
)
from evenhand.pipeline.submission.submission_log import add
from evenhand.pipeline.verbs.predict import predict


@dataclass(frozen=True, eq=False)
class FilledSample:
    """A submission that was written.

    Attributes
    ----------
    path
        The file.
    submission
        Its content.
    model
        Name of the model or blend.
    overridden
        One row per overridden row: id, was, becomes, for_it, votes.
    guessed
        Files in the sample that cannot be decoded: their rows hold the class shares of the run, or its most
        common class.
    """

    path: Path
    submission: Submission
    model: str
    overridden: pd.DataFrame
    guessed: tuple[UnreadableRow, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "path": str(self.path),
            "model": self.model,
            "rows": len(self.submission.table),
            "kind": self.submission.kind,
            "ids_are": self.submission.key,
            "not_asked_for": self.submission.extra,
            "overridden": self.overridden.to_dict(orient="records"),
            "guessed": [vars(failure) for failure in self.guessed],
        }


@shows_progress
def predict_like(
    record: str | Path | Record,
    like: str | Path,
    to: str | Path,
    *,
    source: str | Path | None = None,
    model: str | None = None,
    consensus: float | None = None,
    votes: Sequence[str | Path] = (),
    store: str | Path | None = None,
    watcher: Watcher | None = None,
) -> FilledSample:
    """Write predictions in the format of a sample submission, check the file and log it in the record.

    Parameters
    ----------
    record
        A finished run.
    like
        The sample submission: ids, and one column for the label or one per class.
    to
        The CSV to write.
    source
        Files to predict; by default the locked rows of the run, whose predictions are in its record.
    model
        A model or "ensemble:METHOD"; by default the best of the run.
    consensus
        Share of votes, above 0.5, from which the voters override the model; None for no overriding.
    votes
        The voters: models or blends of the run, and submissions (CSV files with the same ids).
    store
        Folder of the store of decoded rows; None for the user's own.
    watcher
        Receives progress; by default bars in a terminal or a notebook.

    Raises
    ------
    EvenhandError
        If an id of the sample is not predicted, its columns match neither form, or a voter is unknown.
    """
    if (consensus is None) != (not votes):
        raise EvenhandError(
            "A consensus needs both the share that must agree (--consensus) and the voters (--votes)."
        )
    run = Record.open(record)
    sample = read_sample(like)
    chosen = model or best_model(run)
    predictions = _PredictionSource(run, source, store, watcher or Silent())
    p, paths, undecoded = predictions.by(chosen)
    made = fill_sample(sample, p, paths)
    rows = pd.DataFrame(columns=["id", "was", "becomes", "for_it", "votes"])
    if consensus is not None:
        # Under the ids of the sample, since voters may be submissions that know no others.
        requested = replace(p.take(made.rows), ids=sample.ids)
        changed = override(requested, _votes(run, sample, predictions, votes), share=consensus)
        made, rows = replace(fill_sample(sample, changed.predictions), extra=made.extra, key=made.key), changed.rows
    # The lock is taken first: a record that cannot be written to must not leave a file that it does not know.
    with run.locked():
        path = write_submission(made, sample, to)
        about = {"model": chosen, "like": str(like), "rows": len(made.table), "overridden": rows["id"].tolist()}
        try:
            add(run, "written", path, **about)
        except (OSError, RecordError):
            path.unlink()
            raise
    # Files that no row of the sample asks for are nobody's concern, even if they cannot be decoded.
    requested_paths = set(paths[made.rows])
    return FilledSample(path, made, chosen, rows, tuple(each for each in undecoded if each.path in requested_paths))


@dataclass(frozen=True)
class _PredictionSource:
    """The source of the predictions of a model: files, or the locked rows of the run."""

    run: Record
    source: str | Path | None
    store: str | Path | None
    watcher: Watcher

    def by(self, model: str) -> tuple[Predictions, Strings, tuple[UnreadableRow, ...]]:
        """Return the predictions of a model, the paths of their rows, and the rows that could not be decoded.

        A submission needs every row: files that cannot be decoded get the class shares of the run.
        """
        if self.source is not None:
            found = predict(self.run, self.source, model=model, store=self.store, watcher=self.watcher)
            paths = found.table["path"].to_numpy(dtype=object)
            gone = np.array([failure.path for failure in found.failures], dtype=object)
            ids = np.array([failure.id for failure in found.failures], dtype=object)
            return _with_shares(found.predictions, ids, self.run), np.append(paths, gone), found.failures
        locked = {p.model: p for p in of_record(self.run, of="test")}
        if not locked:
            raise DataError(f"{self.run.path}: the run has no locked rows. Give the files to predict.")
        if model not in locked:
            raise EvenhandError(unknown("model", model, locked))
        frame = self.run.samples().frame.set_index("id")
        p = locked[model]
        return p, frame.loc[list(p.ids), "path"].to_numpy(dtype=object), ()


def _with_shares(p: Predictions, ids: Strings, run: Record) -> Predictions:
    """Return predictions extended by rows whose probabilities are the class shares of the run."""
    if not len(ids):
        return p
    samples = run.samples()
    counts = dict(zip(samples.classes, samples.counts(), strict=True))
    shares = np.array([counts.get(name, 0.0) for name in p.classes])
    # With several labels the shares are of rows and need not sum to 1.
    shares = shares / (len(samples) if p.multi_label or samples.multi_label else max(shares.sum(), 1.0))
    every = np.vstack([p.probabilities, np.tile(shares, (len(ids), 1))])
    multi_label = p.truth is not None and p.truth.ndim == 2
    unknown = np.full(every.shape, np.nan) if multi_label else None
    return Predictions(np.append(p.ids, ids), p.classes, every, unknown, model=p.model, origin=p.origin)


def _votes(
    run: Record, sample: Sample, predictions: _PredictionSource, votes: Sequence[str | Path]
) -> Mapping[str, Mapping[str, str]]:
    """Return voter -> id of the sample -> class."""
    out: dict[str, Mapping[str, str]] = {}
    known = model_names(run)
    for voter in map(str, votes):
        if voter in known:
            p, paths, _ = predictions.by(voter)
            out[voter] = votes_of(replace(p.take(fill_sample(sample, p, paths).rows), ids=sample.ids))
        elif Path(voter).is_file():
            out[voter] = _submitted_classes(read_sample(voter), tuple(run.data()["classes"]), sample)
        else:
            raise EvenhandError(unknown("model or submission", voter, known))
    return out


def _submitted_classes(other: Sample, classes: tuple[str, ...], sample: Sample) -> Mapping[str, str]:
    """Return id of the sample -> class in a submission: its label, or the class of the highest probability.

    Ids, labels and columns are matched in any spelling (see `by_spelling`).
    """
    ids = _as_known(other.ids, sample.ids)
    if len(other.others) == 1:
        labels = other.cells[:, other.header.index(other.others[0])]
        return dict(zip(ids, _as_known(labels, classes), strict=True))
    column_of = dict(zip(_as_known(other.header, classes), range(len(other.header)), strict=True))
    if len(other.others) != len(classes) or not set(classes) <= set(column_of):
        raise DataError(
            f"{other.name}: beside the ids there must be one column for the label, or one for each class."
        )
    columns = [column_of[name] for name in classes]
    numbers = pd.DataFrame(other.cells[:, columns]).apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    if np.isnan(numbers).any():
        row, column = np.argwhere(np.isnan(numbers))[0]
        raise DataError(
            f'{other.name}: line {other.lines[row]:,}, column "{classes[column]}" holds '
            f'"{other.cells[row, columns[column]]}", which is not a number.'
        )
    return dict(zip(ids, np.array(classes, dtype=object)[numbers.argmax(axis=1)], strict=True))


def _as_known(names: Iterable[str], known: Sequence[str] | Strings) -> list[str]:
    """Return names in the spelling of the known ones; unknown names unchanged."""
    # Exact names first: two classes may differ in nothing but case.
    exact, spellings = set(known), by_spelling(known)
    return [name if name in exact else same_as(name, spellings) or name for name in names]
