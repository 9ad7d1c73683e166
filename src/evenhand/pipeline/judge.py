"""After the training: gather predictions, judge them, blend them, write down what they are worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import RecordError
from evenhand.base.record import Record
from evenhand.base.values import TEST, Predictions, Samples, Strings
from evenhand.ensemble.blend import blend
from evenhand.evaluation.evaluate import default_metrics, evaluate
from evenhand.evaluation.heaviest import heaviest
from evenhand.evaluation.score import fast_score
from evenhand.evaluation.summary import summarize
from evenhand.pipeline.progress import Watcher
from evenhand.settings import Settings

OUT_OF_FOLD, LOCKED, SECOND = "oof", "test", "generalization"
"""Names of the sets that are judged: held-out rows, the locked test, and [data.generalization]."""
Sets = dict[str, Predictions]
"""Name of a set -> the predictions of one model or blend on it."""


def judge(record: Record, settings: Settings, watcher: Watcher, seconds: Mapping[str, float]) -> None:
    """Judge every model and blend, and write predictions, ensemble, evaluation and scores into the record.

    Locked rows are judged here and nowhere else; the record says when.
    """
    watcher.stage("judging", len(settings.model) + len(settings.ensemble.methods))
    models = [gathered(record, model.name, model.seeds) for model in settings.model]
    blends = blended(record, settings, models)
    every = [*models, *blends]
    tables = [_table(of, p) for sets in every for of, p in sets.items()]
    record.write_predictions(pd.concat(tables, ignore_index=True))
    if any(LOCKED in sets for sets in every):
        _note_opening(record)
    best = max(every, key=lambda sets: _score(sets[OUT_OF_FOLD], settings, record.samples()))
    scores = {}
    for done, sets in enumerate(every, start=1):
        scores[sets[OUT_OF_FOLD].model] = {of: _figures(p, settings, record.samples()) for of, p in sets.items()}
        watcher.advance(done)
    watcher.stage("summing up")
    headline = best[OUT_OF_FOLD].model
    chosen = [(of, p) for of, p in best.items()]
    how = settings.evaluate
    summary = summarize(chosen, headline=headline, draws=how.draws, level=how.level, seed=how.seed)
    record.write_json("evaluation.json", summary)
    metric = next(iter(settings.score.weights))
    document = {
        "record": str(record.path),
        "headline": {"best": headline, "metric": metric, **scores[headline][OUT_OF_FOLD][metric]},
        "scores": scores,
        "heaviest": {
            sets[OUT_OF_FOLD].model: {of: _heaviest(p, settings) for of, p in sets.items()} for sets in every
        },
        "findings": [
            {"code": f.code, "severity": f.severity, "says": f.says, "about": f.about} for f in record.findings()
        ],
        "seconds": dict(seconds),
    }
    record.write_json("scores.json", document)


def blended(record: Record, settings: Settings, models: Sequence[Sets]) -> list[Sets]:
    """Return the blends that the configuration asks for, and write their weights into the record."""
    if len(models) < 2:
        return []
    held_out = [sets[OUT_OF_FOLD] for sets in models]
    others = [of for of in (LOCKED, SECOND) if all(of in sets for sets in models)]
    out, documents = [], {}
    for method in settings.ensemble.methods:
        one = blend(held_out, method)
        found = {OUT_OF_FOLD: one.predictions}
        for of in others:
            elsewhere = blend(held_out, method, test=[sets[of] for sets in models]).test
            if elsewhere is not None:
                found[of] = elsewhere
        out.append(found)
        documents[one.method] = one.document()
    record.write_json("ensemble.json", documents)
    return out


def metric_names(p: Predictions, settings: Settings, levels: Mapping[str, Any]) -> list[str]:
    """Return every metric that is reported: the usual ones, those of [score], of sets and levels, per class."""
    usual = default_metrics(p)
    sets = [f"macro_f1_{name}" for name in settings.classes.sets]
    coarse = [f"{metric}_{level}" for level in levels for metric in ("accuracy", "macro_f1")]
    single = [f"recall[{name}]" for name in p.classes]
    return list(dict.fromkeys([*settings.score.weights, *usual, *sets, *coarse, *single]))


def _figures(p: Predictions, settings: Settings, samples: Samples) -> dict[str, Any]:
    names = metric_names(p, settings, samples.levels)
    how = settings.evaluate
    found = evaluate(
        p, names, sets=settings.classes.sets, levels=samples.levels, draws=how.draws, level=how.level, seed=how.seed
    )
    return {name: figure.document() for name, figure in found.items()}


def _heaviest(p: Predictions, settings: Settings) -> list[dict[str, Any]]:
    how = settings.evaluate
    return heaviest(p, draws=how.draws, level=how.level, seed=how.seed)


def _score(p: Predictions, settings: Settings, samples: Samples) -> float:
    assert p.truth is not None
    weights, sets = settings.score.weights, settings.classes.sets
    return fast_score(p.probabilities, p.truth, p.classes, weights, sets, samples.levels, p.groups)[0]


def _note_opening(record: Record) -> None:
    """Write down that the locked test was looked at, each time that it is."""
    opened = record.json("test_opened.json") if record.has("test_opened.json") else []
    record.write_json("test_opened.json", [*opened, datetime.now(UTC).isoformat(timespec="seconds")])


def _table(of: str, p: Predictions) -> pd.DataFrame:
    table = p.frame()
    table.insert(0, "set", of)
    table.insert(0, "model", p.model)
    return table


def gathered(record: Record, model: str, seeds: Sequence[int]) -> Sets:
    """Return a model's out-of-fold predictions and, where rows are locked, its test predictions, by set.

    Probabilities of several seeds are averaged, or those of their soup are taken where one was kept; on locked
    rows and those of a second set, those of all folds are averaged.
    """
    samples, folds, second = record.samples(), record.folds(), record.generalization()
    parts = [table for fold in range(folds.k) for table in _fold(record, model, fold, seeds)]
    table = pd.concat(parts)
    columns = [f"p:{name}" for name in samples.classes]
    out: Sets = {}
    for written, of, origin in (("validation", OUT_OF_FOLD, "out-of-fold"), ("test", LOCKED, "test")):
        rows = table[table["set"] == written]
        if len(rows):
            mean = rows.groupby("id", sort=False)[columns].mean()
            out[of] = _predictions(mean, samples, folds.of, model, origin)
    rows = table[table["set"] == SECOND]
    if second is not None and len(rows):
        mean = rows.groupby("id", sort=False)[columns].mean()
        out[SECOND] = _predictions(mean, second, _no_fold, model, "test")
    return out


def _no_fold(ids: Strings) -> npt.NDArray[np.int16]:
    return np.full(len(ids), TEST, dtype=np.int16)


def _fold(record: Record, model: str, fold: int, seeds: Sequence[int]) -> list[pd.DataFrame]:
    folders = [record.task_folder(model, fold, seed) for seed in seeds]
    soup = folders[0].parent / "soup"
    if (soup / "predictions.parquet").is_file():
        folders = [soup]
    for folder in folders:
        if not (folder / "predictions.parquet").is_file():
            raise RecordError(f"{folder}: this task is not done. Run the same configuration again to go on.")
    return [pd.read_parquet(folder / "predictions.parquet") for folder in folders]


def _predictions(
    mean: pd.DataFrame,
    samples: Samples,
    fold_of: Callable[[Strings], npt.NDArray[np.int16]],
    model: str,
    origin: Any,
) -> Predictions:
    """Return a table of probabilities by id as predictions in the order of the samples."""
    position = pd.Series(np.arange(len(samples)), index=samples.ids)
    rows = np.sort(position.loc[mean.index].to_numpy())
    ids = samples.ids[rows]
    return Predictions(
        ids=ids,
        classes=samples.classes,
        probabilities=mean.loc[ids].to_numpy(np.float64),
        truth=samples.labels[rows],
        fold=fold_of(ids),
        groups=samples.groups[rows] if samples.grouped else None,
        model=model,
        origin=origin,
    )
