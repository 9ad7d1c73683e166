"""`predict`: classify new data with the models of a run, with a confidence per row."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import numpy as np
import pandas as pd

from evenhand.base.cores import usable_cores
from evenhand.base.errors import DataError
from evenhand.base.storage.files.output_file import output_file
from evenhand.base.storage.numpy_files import load_array
from evenhand.base.storage.record import Record
from evenhand.base.text.counted import count
from evenhand.base.values import Finding, Floats, Mask, Origin, Predictions, RowSet, Samples
from evenhand.data.roots.root import Root, given_path, open_root
from evenhand.data.store.store import Store
from evenhand.diagnosis.evidence.evidence import UnreadableRow
from evenhand.evaluation.core.evaluated_rows import THRESHOLD
from evenhand.evaluation.figures.calibration import expected_accuracy, row_confidence
from evenhand.evaluation.reading.from_record import best_model, held_out_of
from evenhand.pipeline.stages.execution.dispatch import dispatch
from evenhand.pipeline.stages.execution.placement import placement, readers_compute, say_passed_over
from evenhand.pipeline.stages.execution.progress import Silent, Watcher
from evenhand.pipeline.stages.execution.progress_bars import shows_progress
from evenhand.pipeline.stages.label_separator import with_label_separator
from evenhand.pipeline.stages.predictor import Predictor, predictor_for
from evenhand.pipeline.stages.source import encode, readers_store
from evenhand.pipeline.stages.stored_features import stored_features
from evenhand.pipeline.stages.table_ids import id_hint, with_table_ids
from evenhand.pipeline.stages.trained_rows import trained_rows
from evenhand.settings.load import Settings, load
from evenhand.training.calls import PredictCall


@dataclass(frozen=True, eq=False)
class PredictionResult:
    """Predictions for new rows.

    Attributes
    ----------
    table
        One row per file: path, set ("new", or "training" for files with the content of a row that models of the run
        were trained on), predicted, confidence (probability of the predicted class), expected_accuracy
        (accuracy of the run on held-out rows of similar confidence), margin to the second class, agreement (share
        of fold models that predict the same), and a column `p:CLASS` per class. Of multi-label rows, labels with a
        probability of at least 0.5 are predicted, written as in the run's table; confidence is that of the least
        certain label, margin its distance from 0.5, and accuracy and agreement are about all labels together.
    predictions
        The same as `Predictions`; its `indicator` is the matrix of predicted labels.
    model
        Name of the model or blend.
    failures
        Files that cannot be decoded; they are left out.
    samples, root, settings
        The rows, the root that they were read from, and the configuration of the run.
    findings
        Findings of reading.
    """

    table: pd.DataFrame
    predictions: Predictions
    model: str
    failures: tuple[UnreadableRow, ...]
    samples: Samples
    root: Root
    settings: Settings
    findings: tuple[Finding, ...] = ()

    @property
    def trained(self) -> int:
        """Number of rows that models of the run were trained on; their set is "training"."""
        return int((self.table["set"] == RowSet.TRAINING).sum())

    def document(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "model": self.model,
            "training_rows": self.trained,
            "rows": self.table.to_dict(orient="records"),
            "left_out": [vars(failure) for failure in self.failures],
            "findings": [finding.document() for finding in self.findings],
        }

    def __repr__(self) -> str:
        return f"PredictionResult({len(self.table):,} rows by {self.model})"

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>{self.table.to_html(index=False, escape=True, max_rows=20, max_cols=8)}"


@shows_progress
def predict(
    record: str | Path | Record,
    source: str | Path,
    *,
    model: str | None = None,
    table: str | Path | None = None,
    id: str | None = None,
    store: str | Path | None = None,
    watcher: Watcher | None = None,
    on_rows: Callable[[NewRows, Settings], object] = lambda rows, settings: None,
) -> PredictionResult:
    """Return predictions of the fold models of a run for new data.

    Parameters
    ----------
    record
        A finished run.
    source
        A folder, a zip or one file; labels are neither needed nor used.
    model
        A model or `ensemble:METHOD` of the run; by default the one with the best out-of-fold score.
    table
        A CSV or Parquet table of the new files, on disk or below the source: only these are predicted, under its
        ids. By default a table with the name of the run's table provides ids, if the run has an id column.
    id
        The id column of the table; by default that of the run, else "id", else the paths.
    store
        Folder of the store of decoded rows; None for the user's own. The store named in the record is read for
        missing entries, and never written.
    watcher
        Receives progress; by default bars in a terminal or a notebook.
    on_rows
        Called with the rows and the configuration of the run before anything is predicted; it may raise.

    Raises
    ------
    RecordError, DataError, EvenhandError
        If the run is not finished, no file can be decoded, or the model is unknown.
    """
    watcher = watcher or Silent()
    run = Record.open(record)
    settings = load(run.resolved())
    rows_store = readers_store(store)
    chosen = model or best_model(run)
    predictor = predictor_for(run, settings, chosen, watcher, rows_store)
    rows = new_rows(source, settings)
    rows = replace(rows, samples=with_table_ids(rows.samples, rows.root, settings.data, table, id=id))
    if table is not None and id is None and (hint := id_hint(rows.root, settings.data, table, rows.samples)):
        watcher.message(hint)
    on_rows(rows, settings)
    return predict_rows(run, settings, rows, chosen, predictor, watcher, rows_store)


@dataclass(frozen=True, eq=False)
class NewRows:
    """Unlabelled rows: the root that they are read from, the rows, and findings of reading."""

    root: Root
    samples: Samples
    findings: tuple[Finding, ...] = ()


def predict_rows(
    run: Record,
    settings: Settings,
    rows: NewRows,
    chosen: str,
    predictor: Predictor,
    watcher: Watcher,
    rows_store: Store,
) -> PredictionResult:
    """Return predictions of a model or blend called `chosen` for rows, as `predict` does for a folder."""
    settings = with_label_separator(run, settings)
    root, samples, findings = rows.root, rows.samples, rows.findings
    classes = run.samples().classes
    fold_predictions, failures = _predict_folds(run, settings, root, samples, predictor, watcher, rows_store)
    # After all models: a row must decode at every size that a model needs, or the blend would lack a part.
    keep = np.array([row not in failures for row in range(len(samples))])
    features = {name: table[keep] for name, table in fold_predictions.features.items()}
    mixed = predictor.of({name: fold_predictions.of(name)[keep] for name in predictor.needed}, classes, features)
    ids, samples = samples.ids, samples.take(keep)
    # A truth of this shape marks the rows as multi-label, though none of it is known.
    unknown = np.full(mixed.shape, np.nan) if settings.data.several else None
    trained = trained_rows(run, samples)
    if trained.any():
        watcher.message(_trained_words(trained))
    origin: Origin = "in-sample" if trained.any() else "test"
    predictions = Predictions(samples.ids, classes, mixed, truth=unknown, model=chosen, origin=origin)
    shown = _table(
        predictions, samples, fold_predictions.probabilities[:, keep], settings, held_out_of(run, chosen)
    )
    shown.loc[trained, "set"] = RowSet.TRAINING.value
    left_out = tuple(
        UnreadableRow(str(ids[row]), path, failures[row]) for row, path in sorted(fold_predictions.left_out.items())
    )
    return PredictionResult(shown, predictions, chosen, left_out, samples, root, settings, findings)


@dataclass(frozen=True, eq=False)
class _FoldPredictions:
    """Probabilities (t, n, k) of t models of folds and seeds, the model of each, features, and rows left out."""

    probabilities: Floats
    models: tuple[str, ...]
    features: Mapping[str, Floats]
    left_out: Mapping[int, str]

    def of(self, model: str) -> Floats:
        """Return (n, k) the mean over the folds and seeds of one model."""
        return np.asarray(self.probabilities[[name == model for name in self.models]].mean(axis=0))


def _trained_words(trained: Mask) -> str:
    count = int(trained.sum())
    which = "1 is a file" if count == 1 else f"{count:,} are files"
    return (
        f"Warning: of {len(trained):,} rows, {which} that models of this run were trained on (set = training); "
        "their predictions are better than those of new rows. For figures of the run's own rows see its report."
    )


def new_rows(source: str | Path, settings: Settings) -> NewRows:
    """Return the rows of a folder, a zip, a file or a record.

    Raises
    ------
    DataError
        If there are none, or the source is empty.
    """
    source = given_path(source)
    # By content, not by name: zips come under other endings too (.cbz, none at all).
    many = source.is_dir() or (source.is_file() and is_zipfile(source))
    root = open_root(source) if many else settings.kind.alone(source)
    samples, findings = settings.kind.unlabelled(root, settings.data, settings.kind_config)
    if not len(samples):
        raise DataError(f"{source}: no {settings.kind.name} were found there.")
    return NewRows(root, samples, tuple(findings))


def _predict_folds(
    run: Record,
    settings: Settings,
    root: Root,
    samples: Samples,
    predictor: Predictor,
    watcher: Watcher,
    store: Store,
) -> tuple[_FoldPredictions, dict[int, str]]:
    """Return the predictions of every fold model for every row, and the reasons why rows could not be decoded."""
    models = [model for model in settings.fitted if model.name in predictor.needed]
    entries = {
        size: encode(settings.kind, root, samples, settings, size, watcher, store)
        for size in dict.fromkeys(size for m in models for size in settings.sizes_of(m).values())
    }
    failures = {row: reason for entry in entries.values() for row, reason in entry.failures.items()}
    if len(failures) == len(samples):
        path, reason = samples.frame["path"].iloc[0], failures[0]
        raise DataError(f"Not one of {count(len(samples), 'file')} can be decoded (first: {path}: {reason}).")
    tasks = [(m, fold, seed) for m in models for fold in range(settings.folds.k) for seed in m.seeds]
    compute = readers_compute(settings.compute, watcher)
    say_passed_over(compute, watcher)
    on = placement(compute, len(tasks))
    threads = max(1, usable_cores() // max(1, on.workers))
    watcher.stage("predicting", len(tasks))
    with tempfile.TemporaryDirectory() as folder:
        calls = [
            PredictCall(
                record=str(run.path),
                store=store.place(),
                entry=entries[m.size].name,
                sizes={str(size): entry.name for size, entry in entries.items()},
                model=m.name,
                fold=fold,
                seed=seed,
                threads=threads,
                out=str(Path(folder) / f"{position}.npy"),
            )
            for position, (m, fold, seed) in enumerate(tasks)
        ]
        dispatch(calls, watcher, on, threads=threads)
        # Before the temporary folder is gone; files, not results of calls, as arrays of many rows would fill the
        # pipes.
        probabilities = np.stack([load_array(call.out) for call in calls])
    features = {}
    if predictor.features:
        rows = {m.name: entries[m.size].name for m in models}
        features = stored_features(run, settings, predictor.features, watcher, store, entries=rows)
    paths = samples.frame["path"].astype(str)
    return _FoldPredictions(
        probabilities, tuple(m.name for m, _, _ in tasks), features, {row: paths.iloc[row] for row in failures}
    ), failures


def _table(
    predictions: Predictions, samples: Samples, votes: Floats, settings: Settings, held_out: Predictions
) -> pd.DataFrame:
    """Return the table of `PredictionResult`; `votes` (t, n, k) are the probabilities of each fold model."""
    multi_label, probabilities = settings.data.several, predictions.probabilities
    sure = row_confidence(probabilities, several=multi_label)
    out = predictions.frame(separator=settings.data.separator)
    out["id"] = samples.ids
    out.insert(1, "set", RowSet.NEW.value)
    # Right behind the id: kinds whose files hold many rows show where in the file a row is.
    for at, name in enumerate(("path", *settings.kind.shown), start=1):
        out.insert(at, name, samples.frame[name].to_numpy())
    if multi_label:
        held = predictions.indicator
        # The label nearest to being decided otherwise decides how sure a set of labels is.
        margin = np.abs(probabilities - THRESHOLD).min(axis=1)
        agreement = ((votes >= THRESHOLD) == held).all(axis=2).mean(axis=0)
    else:
        top = np.sort(probabilities, axis=1)
        margin = top[:, -1] - top[:, -2]
        agreement = (votes.argmax(axis=2) == predictions.predicted).mean(axis=0)
    out["confidence"] = sure
    at = list(out.columns).index("confidence") + 1
    # From held-out rows, since confidence alone is as optimistic as the network is overfitted.
    out.insert(at, "expected_accuracy", expected_accuracy(sure, held_out))
    out.insert(at + 1, "margin", margin)
    out.insert(at + 2, "agreement", agreement)
    return out


def check_beside(rows: NewRows, settings: Settings, folder: Path, *, force: bool) -> None:
    """Raise `EvenhandError` where `write_beside` would overwrite a file, unless `force`."""
    if not settings.data.several:
        for path in settings.kind.predicted_files(rows.samples.frame, folder):
            output_file(path, force=force)


def write_beside(predicted: PredictionResult, folder: Path, *, force: bool = False) -> list[Path]:
    """Write predictions as files in the formats of the kind, such as annotations of records; return their paths.

    Such files hold one class per row, so that multi-label predictions are not written.

    Raises
    ------
    EvenhandError
        If there is such a file, unless `force`; none is written then.
    """
    p, settings = predicted, predicted.settings
    if settings.data.several:
        return []
    check_beside(NewRows(p.root, p.samples), settings, folder, force=force)
    classes = [p.predictions.classes[c] for c in p.predictions.predicted]
    return settings.kind.write_predicted(
        p.root, p.samples.frame, classes, settings.data, settings.kind_config, folder
    )
