"""`compare`: paired comparisons of runs and of predictions of any origin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from evenhand.base.storage.record import Record
from evenhand.base.values import Finding, Folds, Predictions, RowSet
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.examine import examine
from evenhand.evaluation.comparison.agreement import Agreement
from evenhand.evaluation.comparison.agreement import agreement as agreement_of
from evenhand.evaluation.comparison.compare import Against, Comparison, compare_predictions
from evenhand.evaluation.comparison.untouched import untouched
from evenhand.evaluation.comparison.verdicts import WORTH_CARING
from evenhand.evaluation.comparison.versions import Versions
from evenhand.evaluation.comparison.versions import compare_versions as versions_of
from evenhand.evaluation.reading.columns import Columns
from evenhand.evaluation.reading.from_record import best_model, record_at
from evenhand.evaluation.reading.labels import TruthTable
from evenhand.evaluation.reading.read import of_model, read_predictions
from evenhand.pipeline.comparison.label_predictions import read_label_predictions, with_shared_classes
from evenhand.pipeline.comparison.run_differences import differences
from evenhand.pipeline.verbs.run import Run

ComparedSource = str | Path | Record | Run | Predictions
"""A run, a prediction file, or predictions."""
CODES = ("EH401", "EH402", "EH406")
"""Codes of the rules that check comparisons."""


@dataclass(frozen=True, eq=False)
class _Entry:
    """Predictions and the run that they come from."""

    predictions: Predictions
    run: Record | None = None


def compare(
    *sources: ComparedSource,
    metrics: Sequence[str] | None = None,
    model: str | None = None,
    against: Against = "first",
    smallest: float = WORTH_CARING,
    labels: TruthTable | str | Path | None = None,
    folds: Folds | str | Path | None = None,
    columns: Columns | None = None,
    of: str = RowSet.OUT_OF_FOLD,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
    same_labels: bool = False,
) -> Comparison:
    """Return paired comparisons of runs, prediction files or predictions, on the rows that all have.

    For one run, every model and blend is compared with its first model. For several, the best of each (by its
    [score]) or `model` is compared.

    Parameters
    ----------
    sources
        Runs, prediction files (see `read_predictions`), or predictions. The others are
        compared with the first.
    metrics
        Names of metrics; by default the first of the [score] of the first run, else macro_f1.
    model
        Name of the model or blend to take from every run.
    against
        "first", or "all" for every pair.
    smallest
        The smallest difference worth caring about, in the unit of the metrics (0.005 is half a point).
    labels, folds, columns
        For files: the truth, the folds by which rows were held out, and the roles of columns.
    of
        "oof", or "test" for locked rows.
    draws
        Bootstrap replicates.
    level
        Simultaneous confidence level of all verdicts.
    seed
        The same seed gives the same verdicts.
    same_labels
        Compare on the rows whose labels are the same for all sources. Without it, sources that disagree on a label
        are refused.

    Raises
    ------
    DataError, RecordError
        If a source cannot be read, the sources have no row in common, or two disagree on the truth.
    """
    entries = _entries(sources, model, labels, folds, columns, of)
    touched: tuple[str, ...] = ()
    if same_labels:
        left, touched = untouched([entry.predictions for entry in entries])
        entries = [replace(entry, predictions=p) for entry, p in zip(entries, left, strict=True)]
    predictions = [entry.predictions for entry in entries]
    base = entries[0]
    if metrics is None:
        metrics = (_first_metric(base.run),)
    found = compare_predictions(
        predictions, metrics, against=against, smallest=smallest, draws=draws, level=level, seed=seed
    )
    conditions = [
        words
        for entry in entries[1:]
        for words in differences(base.predictions, entry.predictions, base.run, entry.run)
    ]
    return replace(found, conditions=tuple(dict.fromkeys(conditions)), touched=touched)


def findings(compared: Comparison) -> list[Finding]:
    """Return the findings about a comparison."""
    return list(examine(Evidence(comparisons=(compared,)), CODES).findings)


def compare_versions(
    before: ComparedSource,
    after: ComparedSource,
    *,
    metric: str | None = None,
    model: str | None = None,
    smallest: float = WORTH_CARING,
    columns: Columns | None = None,
    of: str = RowSet.OUT_OF_FOLD,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Versions:
    """Split a gain between two versions of a data set into the share of the labels and that of the model.

    Parameters
    ----------
    before, after
        Runs, files or predictions, each with its labels.
    metric, model, smallest, columns, of, draws, level, seed
        As in `compare`.

    Raises
    ------
    DataError, RecordError
        If a source cannot be read, or the versions have no labelled row in common.
    """
    first, second = _entries((before, after), model, None, None, columns, of)
    return versions_of(
        first.predictions,
        second.predictions,
        metric or _first_metric(first.run),
        smallest=smallest,
        draws=draws,
        level=level,
        seed=seed,
    )


def agreement(
    a: ComparedSource,
    b: ComparedSource,
    *,
    model: str | None = None,
    columns: Columns | None = None,
    of: str = RowSet.OUT_OF_FOLD,
) -> Agreement:
    """Return the agreement of two sets of predictions, row by row; no truth is needed.

    Parameters
    ----------
    a, b
        Runs, files or predictions. A CSV file may also hold a label for each row (id, label), as `predict_like`
        writes it; its confidence is then NaN.
    model, columns, of
        As in `compare`.

    Raises
    ------
    DataError, RecordError
        If a source cannot be read, they have no row in common, or their classes differ.
    """
    bare = [read_label_predictions(source, columns) for source in (a, b)]
    inputs = [source if answers is None else answers for source, answers in zip((a, b), bare, strict=True)]
    one, two = (entry.predictions for entry in _entries(inputs, model, None, None, columns, of))
    found = agreement_of(*with_shared_classes(one, two, [answers is not None for answers in bare], columns=columns))
    # Labels without probabilities were read as one-hot; a confidence of 1 would be made up.
    unsure = [f"confidence_{side}" for side, answers in zip("ab", bare, strict=True) if answers is not None]
    return replace(found, rows=found.rows.assign(**dict.fromkeys(unsure, np.nan)))


def _entries(
    sources: Sequence[ComparedSource],
    model: str | None,
    labels: TruthTable | str | Path | None,
    folds: Folds | str | Path | None,
    columns: Columns | None,
    of: str,
) -> list[_Entry]:
    """Return the predictions to compare: all of a single run, or one of each source."""
    out: list[_Entry] = []
    for source in sources:
        record = source.record if isinstance(source, Run) else record_at(source)
        if isinstance(source, Predictions):
            out.append(_Entry(source))
            continue
        where = record if record is not None else source
        # For mypy: of a `Run` the record was taken above.
        assert not isinstance(where, Run)
        found = read_predictions(where, labels=labels, folds=folds, columns=columns, of=of)
        if record is None or (len(sources) == 1 and model is None):
            out += [_Entry(p, record) for p in found]
        else:
            out.append(_Entry(of_model(found, model or best_model(record), "compare", f"{record.path}: "), record))
    return _with_unique_names(out)


def _first_metric(record: Record | None) -> str:
    if record is None:
        return "macro_f1"
    return str(next(iter(record.resolved().get("score", {})), "macro_f1"))


def _with_unique_names(entries: Sequence[_Entry]) -> list[_Entry]:
    """Return the entries with unique names: repeated ones get the name of their run, or a number."""
    names = [entry.predictions.model for entry in entries]
    out, seen = [], set()
    for at, (entry, name) in enumerate(zip(entries, names, strict=True)):
        word = f"{entry.run.path.name}/{name}" if names.count(name) > 1 and entry.run is not None else name
        word = f"{word} ({at + 1})" if word in seen or not word else word
        seen.add(word)
        out.append(replace(entry, predictions=replace(entry.predictions, model=word)))
    return out
