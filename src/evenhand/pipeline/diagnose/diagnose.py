"""`diagnose`: a finished run on a folder of new rows, against what is known of them and of the run itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.base.errors import EvenhandError
from evenhand.base.seeds import generator
from evenhand.base.storage.record import Record
from evenhand.base.values import TEST, Mask, Predictions
from evenhand.data.store.store import Store
from evenhand.diagnosis.examination import SEVERITIES
from evenhand.evaluation.core.evaluated_rows import known
from evenhand.evaluation.figures.confusion import Confusion, confusions
from evenhand.evaluation.figures.evaluate import evaluate
from evenhand.evaluation.new_rows.class_shares import ClassShare, shares_against_run, shares_against_truth
from evenhand.evaluation.new_rows.confidence import confidence_quantiles
from evenhand.evaluation.new_rows.unlike import Unlikeness, least_held_out, unlikeness
from evenhand.evaluation.reading.from_record import best_model, held_out_of, model_names, truth_threshold
from evenhand.evaluation.reading.scores import scores_of
from evenhand.pipeline.diagnose.diagnose_findings import (
    known_rows_findings,
    swallowing_findings,
    unlike_finding,
    unreadable_finding,
)
from evenhand.pipeline.diagnose.diagnose_result import DiagnoseResult, RowCounts
from evenhand.pipeline.diagnose.diagnose_rows import notes, row_table
from evenhand.pipeline.diagnose.truth import RowTruth, truth_of_kind, truth_of_manifest
from evenhand.pipeline.diagnose.unlike_rows import fold_features, model_of_features
from evenhand.pipeline.stages.execution.progress import Silent, Watcher
from evenhand.pipeline.stages.execution.progress_bars import shows_progress
from evenhand.pipeline.stages.predictor import Predictor, predictor_for
from evenhand.pipeline.stages.source import readers_store
from evenhand.pipeline.stages.table_ids import with_table_ids
from evenhand.pipeline.stages.trained_rows import trained_rows
from evenhand.pipeline.verbs.predict import NewRows, PredictionResult, new_rows, predict_rows
from evenhand.settings.load import Settings, load


@shows_progress
def diagnose(
    record: str | Path | Record,
    source: str | Path,
    *,
    manifest: str | Path | None = None,
    label: str | None = None,
    group: str | None = None,
    sample: int | None = None,
    seed: int = 0,
    model: str | None = None,
    rate: float = 0.05,
    store: str | Path | None = None,
    watcher: Watcher | None = None,
) -> DiagnoseResult:
    """Return how a run does on new rows: figures, confidence, classes, confusions, and rows unlike its own.

    Nothing is written into the record. Rows with the bytes of rows that the run was trained on are predicted and
    named, and no figure counts them.

    Parameters
    ----------
    record
        A finished run.
    source
        A folder, a zip or one file, as for `predict`.
    manifest
        CSV or Parquet with the label of rows, found by path, id or file name; labels are renamed and dropped as by
        the run. By default a table with the name of the run's, folders that are classes, or annotations.
    label, group
        Columns of the manifest; by default those of the run.
    sample
        Size of a random sample of the rows, blind to their classes; all rows where there are fewer.
    seed
        Of that sample.
    model
        A model or `ensemble:METHOD` of the run; by default the one with the best out-of-fold score.
    rate
        Share of rows like the run's own held-out ones that may be flagged as unlike anything trained on.
    store
        Folder of the store of decoded rows; None for the user's own.
    watcher
        Receives progress; by default bars in a terminal or a notebook.

    Raises
    ------
    EvenhandError
        If the run is not finished, no row can be decoded, or the manifest, a column, the model or a number is
        wrong.
    """
    if sample is not None and sample < 1:
        raise EvenhandError(f"--sample: {sample} rows cannot be sampled; give 1 or more.")
    if not 0 < rate < 1:
        raise EvenhandError(f"rate: {rate} is not a share of rows; give a number between 0 and 1, such as 0.05.")
    watcher = watcher or Silent()
    run = Record.open(record)
    settings, rows_store = load(run.resolved()), readers_store(store)
    chosen = model or best_model(run)
    predictor = predictor_for(run, settings, chosen, watcher, rows_store)
    classes = run.samples().classes
    found = new_rows(source, settings)
    found = replace(found, samples=with_table_ids(found.samples, found.root, settings.data, None))
    rows, sampled = _sampled(found, sample, seed)
    # Before anything is predicted: a wrong manifest must not cost minutes first.
    truth = (
        truth_of_kind(rows, settings, classes, Path(source))
        if manifest is None
        else truth_of_manifest(rows, settings, classes, Path(manifest), label=label, group=group)
    )
    prediction = predict_rows(run, settings, rows, chosen, predictor, watcher, rows_store)
    return _diagnosed(
        run,
        settings,
        rows,
        prediction,
        truth,
        predictor,
        watcher,
        rows_store,
        len(found.samples),
        sampled,
        seed,
        rate,
    )


def _sampled(rows: NewRows, size: int | None, seed: int) -> tuple[NewRows, int | None]:
    """Return a random sample of rows in their order, and its size; None where all were taken."""
    n = len(rows.samples)
    if size is None or size >= n:
        return rows, None
    at = np.sort(generator("diagnose", "sample", seed).choice(n, size, replace=False))
    return replace(rows, samples=rows.samples.take(at)), size


def _diagnosed(
    run: Record,
    settings: Settings,
    rows: NewRows,
    prediction: PredictionResult,
    truth: RowTruth,
    predictor: Predictor,
    watcher: Watcher,
    store: Store,
    total: int,
    sampled: int | None,
    seed: int,
    rate: float,
) -> DiagnoseResult:
    place = {str(name): at for at, name in enumerate(rows.samples.ids)}
    keep = np.array([place[str(name)] for name in prediction.predictions.ids], dtype=np.int64)
    truth = truth.take(keep)
    p = prediction.predictions
    if truth.labels is not None:
        p = replace(p, truth=truth.labels, truth_threshold=truth_threshold(run))
    p = replace(p, groups=truth.groups, families=False)
    # Figures of rows that the models were trained on would be too good; they are listed and not counted.
    trained_on, locked = _rows_of_run(run, prediction)
    counted = p.take(~trained_on)
    held_out = held_out_of(run, prediction.model)
    there = counted.truth is not None and len(counted) > 0 and bool(known(counted.truth).any())
    draws = settings.evaluate.draws
    figures = evaluate(counted, _metrics(counted), draws=draws) if there else {}
    shares = _shares(counted, held_out, there=there, draws=draws)
    unlike, model, why = _unlike(run, settings, rows, keep, predictor, watcher, store, ~trained_on, truth, rate)
    frame = prediction.samples.frame
    paths = frame["path"].astype(str).to_numpy(dtype=object)
    against = "truth" if there else "run"
    findings = [
        *prediction.findings,
        *unreadable_finding(prediction.failures, len(rows.samples)),
        *truth.findings,
        *known_rows_findings(trained_on, locked, p.ids, paths),
        *swallowing_findings(shares, len(_with_truth(counted) if there else counted), against),
        *unlike_finding(unlike, ~trained_on, p.ids, paths, model),
    ]
    expected = prediction.table["expected_accuracy"].to_numpy()[~trained_on]
    return DiagnoseResult(
        prediction=prediction,
        counted=counted,
        table=row_table(prediction, p, unlike, trained_on),
        rows=RowCounts(
            total, sampled, len(p), int(trained_on.sum()), int(locked.sum()),
            int(known(counted.truth).sum()) if counted.truth is not None else 0,
        ),
        truth_source=truth.source,
        figures=figures,
        of_run=_of_run(run, prediction.model, list(figures) or _metrics(counted)),
        expected_accuracy=float(expected.mean()) if len(expected) else np.nan,
        confidence=confidence_quantiles(counted, held_out),
        shares=tuple(shares),
        against=against,
        confusions=tuple(_confusions(counted, there=there)),
        unlike=unlike,
        unlike_model=model,
        notes=tuple(notes(truth, counted, held_out, sampled, total, seed, there=there, why=why)),
        findings=tuple(sorted(findings, key=lambda one: SEVERITIES.index(one.severity))),
    )  # fmt: skip


def _rows_of_run(run: Record, prediction: PredictionResult) -> tuple[Mask, Mask]:
    """Return (n,) which rows have the bytes of rows that the run was trained on, and of locked ones."""
    samples, trained = run.samples(), trained_rows(run, prediction.samples)
    if "content" not in samples.frame or "content" not in prediction.samples.frame:
        return trained, np.zeros(len(trained), dtype=bool)
    test = run.folds().of(samples.ids) == TEST
    held = prediction.samples.frame["content"].isin(set(samples.frame["content"][test]))
    return trained, held.to_numpy(dtype=bool) & ~trained


def _metrics(p: Predictions) -> list[str]:
    if p.multi_label:
        return ["subset_accuracy", "macro_f1", "micro_f1"]
    return ["accuracy", "macro_f1", "weighted_f1", *(["top_2"] if p.k > 2 else [])]


def _of_run(run: Record, model: str, metrics: list[str]) -> dict[str, Mapping[str, Any]]:
    """Return metric -> the out-of-fold figure of the run, of those that it wrote."""
    wrote = scores_of(run)["scores"].get(model, {}).get("oof", {})
    return {name: wrote[name] for name in metrics if name in wrote}


def _with_truth(p: Predictions) -> Predictions:
    return p if p.truth is None else p.take(known(p.truth))


def _shares(p: Predictions, held_out: Predictions, *, there: bool, draws: int) -> list[ClassShare]:
    if there:
        return shares_against_truth(p, draws=draws)
    return shares_against_run(p, held_out) if len(p) else []


def _confusions(p: Predictions, *, there: bool, most: int = 8) -> list[Confusion]:
    return confusions(p, most=most, most_ids=4) if there and not p.multi_label else []


def _unlike(
    run: Record,
    settings: Settings,
    rows: NewRows,
    keep: Any,
    predictor: Predictor,
    watcher: Watcher,
    store: Store,
    counted: Mask,
    truth: RowTruth,
    rate: float,
) -> tuple[Unlikeness | None, str, str]:
    """Return the distances, the model in whose features they are, and why there are none."""
    document = scores_of(run)
    scores, metric = document["scores"], document["headline"].get("metric")
    names = model_names(run)
    of_model = {
        name: sets["oof"][metric].get("estimate")
        for name, sets in scores.items()
        if name in names and sets.get("oof", {}).get(metric, {}).get("estimate") is not None
    }
    model = model_of_features(predictor.needed, of_model)
    try:
        folds = fold_features(run, settings, rows, keep, model, watcher, store)
    except EvenhandError as error:
        return None, model, str(error)
    found = unlikeness(folds, counted=counted, groups=truth.groups, rate=rate)
    few = f"at a rate of {rate:.0%} it needs {least_held_out(rate):,} held-out rows or more"
    return found, model, "" if found is not None else few
