"""`predict` into the form of a sample submission, with the rows that a consensus of others changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError, EvenhandError, unknown
from evenhand.base.storage.record import Record
from evenhand.base.text.cells import by_spelling, same_as
from evenhand.base.values import Predictions, Strings
from evenhand.blending.consensus import override, votes_of
from evenhand.diagnosis.evidence.evidence import UnreadableRow
from evenhand.evaluation.reading.from_record import of_record
from evenhand.pipeline.stages.progress import Silent, Watcher
from evenhand.pipeline.stages.progress_bars import shows_progress
from evenhand.pipeline.submission.sample_format import Sample, Submission, filled, read_sample, write_submission
from evenhand.pipeline.submission.submission_log import note
from evenhand.pipeline.verbs.predict import predict


@dataclass(frozen=True, eq=False)
class FilledSample:
    """A submission that was written.

    Attributes
    ----------
    path
        The file.
    submission
        What is in it.
    model
        What predicted.
    overridden
        A row for each that a consensus changed: id, was, becomes, for_it, votes.
    guessed
        Files that cannot be decoded, though the sample asks for them: their rows hold the shares of the classes
        among the run's rows, or the most common class.
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
    """Write predictions in the form of a sample submission, checked, and log it in the record.

    Parameters
    ----------
    record
        A finished run.
    like
        The sample submission: ids, and one column for the label or one for each class.
    to
        The CSV to write.
    source
        Files to predict; without any, the locked rows of the run, as they were predicted.
    model
        A model or "ensemble:METHOD"; by default the run's best.
    consensus
        Share of the votes from which others override the chosen model, above 0.5; None for no overriding.
    votes
        Who is asked: models or blends of the run, and submissions (CSV files with the same ids).
    store
        Folder of the store that keeps the decoded rows; None for the user's own.
    watcher
        Told how far the work is. Without one, bars are shown in a terminal and in a notebook.

    Raises
    ------
    EvenhandError
        If the sample asks for what is not predicted, columns fit nothing, or a voter is not known.
    """
    if (consensus is None) != (not votes):
        raise EvenhandError("A consensus needs both: the share that must agree (--consensus) and voters (--votes).")
    run = record if isinstance(record, Record) else Record.open(record)
    sample = read_sample(like)
    chosen = model or str(run.json("scores.json")["headline"]["best"])
    predicted = _Asked(run, source, store, watcher or Silent())
    p, paths, undecoded = predicted.by(chosen)
    made = filled(sample, p, paths)
    rows = pd.DataFrame(columns=["id", "was", "becomes", "for_it", "votes"])
    if consensus is not None:
        asked = replace(p.take(made.rows), ids=sample.ids)
        changed = override(asked, _votes(run, sample, predicted, votes), share=consensus)
        made, rows = replace(filled(sample, changed.predictions), extra=made.extra, key=made.key), changed.rows
    path = write_submission(made, sample, to)
    note(run, "written", path, model=chosen, like=str(like), rows=len(made.table), overridden=rows["id"].tolist())
    asked_for = set(paths[made.rows])
    return FilledSample(path, made, chosen, rows, tuple(each for each in undecoded if each.path in asked_for))


@dataclass(frozen=True)
class _Asked:
    """Where predictions of a model come from: files, or the locked rows of the run."""

    run: Record
    source: str | Path | None
    store: str | Path | None
    watcher: Watcher

    def by(self, model: str) -> tuple[Predictions, Strings, tuple[UnreadableRow, ...]]:
        """Return the predictions of a model, the paths of their rows, and those of them that are guesses.

        A submission needs every row: files that cannot be decoded get the shares of the classes.
        """
        if self.source is not None:
            found = predict(self.run, self.source, model=model, store=self.store, watcher=self.watcher)
            paths = found.table["path"].to_numpy(dtype=object)
            gone = np.array([failure.path for failure in found.failures], dtype=object)
            ids = np.array([failure.id for failure in found.failures], dtype=object)
            return _with_shares(found.predictions, ids, self.run), np.append(paths, gone), found.failures
        locked = {p.model: p for p in of_record(self.run, of="test")}
        if not locked:
            raise DataError(f"{self.run.path}: has no locked rows. Give the files to predict.")
        if model not in locked:
            raise EvenhandError(unknown("model", model, locked))
        frame = self.run.samples().frame.set_index("id")
        p = locked[model]
        return p, frame.loc[list(p.ids), "path"].to_numpy(dtype=object), ()


def _with_shares(p: Predictions, ids: Strings, run: Record) -> Predictions:
    """Return predictions with further rows, whose probabilities are the shares of classes in the run."""
    if not len(ids):
        return p
    samples = run.samples()
    counts = dict(zip(samples.classes, samples.counts(), strict=True))
    shares = np.array([counts.get(name, 0.0) for name in p.classes])
    shares = shares / (len(samples) if p.multi_label or samples.multi_label else max(shares.sum(), 1.0))
    every = np.vstack([p.probabilities, np.tile(shares, (len(ids), 1))])
    several = p.truth is not None and p.truth.ndim == 2
    unknown = np.full(every.shape, np.nan) if several else None
    return Predictions(np.append(p.ids, ids), p.classes, every, unknown, model=p.model, origin=p.origin)


def _votes(
    run: Record, sample: Sample, predicted: _Asked, votes: Sequence[str | Path]
) -> Mapping[str, Mapping[str, str]]:
    """Return voter -> id as in the sample -> class."""
    out: dict[str, Mapping[str, str]] = {}
    known = [str(name) for name in run.json("scores.json")["scores"]]
    for voter in map(str, votes):
        if voter in known:
            p, paths, _ = predicted.by(voter)
            out[voter] = votes_of(replace(p.take(filled(sample, p, paths).rows), ids=sample.ids))
        elif Path(voter).is_file():
            out[voter] = _told(read_sample(voter), tuple(run.data()["classes"]), sample)
        else:
            raise EvenhandError(unknown("model or submission", voter, known))
    return out


def _told(other: Sample, classes: tuple[str, ...], sample: Sample) -> Mapping[str, str]:
    """Return what a submission says of each id of the sample: its label, or the class with the highest probability.

    Ids, labels and columns are matched in any spelling (see `by_spelling`).
    """
    ids = _as_known(other.ids, sample.ids)
    if len(other.others) == 1:
        labels = other.cells[:, other.header.index(other.others[0])]
        return dict(zip(ids, _as_known(labels, classes), strict=True))
    column_of = dict(zip(_as_known(other.header, classes), range(len(other.header)), strict=True))
    if len(other.others) != len(classes) or not set(classes) <= set(column_of):
        raise DataError(f"{other.name}: beside ids there must be one column for the label, or one for each class.")
    columns = [column_of[name] for name in classes]
    numbers = pd.DataFrame(other.cells[:, columns]).apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    if np.isnan(numbers).any():
        row, column = np.argwhere(np.isnan(numbers))[0]
        raise DataError(
            f'{other.name}: line {other.lines[row]:,}, column "{classes[column]}" holds '
            f'"{other.cells[row, columns[column]]}", which is no number.'
        )
    return dict(zip(ids, np.array(classes, dtype=object)[numbers.argmax(axis=1)], strict=True))


def _as_known(names: Iterable[str], known: Sequence[str] | Strings) -> list[str]:
    """Return names as the known ones are written; those that are not known, as they are."""
    exact, spellings = set(known), by_spelling(known)
    return [name if name in exact else same_as(name, spellings) or name for name in names]
