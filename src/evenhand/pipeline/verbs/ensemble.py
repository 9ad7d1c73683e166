"""`ensemble`: blend predictions of any origin, and evaluate each blend by nested cross-validation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.settings.named_choice import Choice
from evenhand.base.storage.record import Record
from evenhand.base.values import Finding, Floats, Folds, Predictions, RowSet
from evenhand.blending.blend import PREFIX, Blend, blend
from evenhand.blending.core.spec import Recipe, recipe
from evenhand.blending.inputs.align import Aligned, align
from evenhand.blending.nested_evaluation import METHODS, nested_evaluation
from evenhand.data.splits.sklearn_splitter import GroupedStratifiedKFold
from evenhand.evaluation.reading.columns import Columns
from evenhand.evaluation.reading.from_record import record_at
from evenhand.evaluation.reading.labels import TruthTable, read_labels
from evenhand.evaluation.reading.read import read_predictions
from evenhand.evaluation.selection.selection_report import NestedEvaluation
from evenhand.pipeline.stages.blend_priors import prior_findings
from evenhand.pipeline.stages.execution.progress import Silent, Watcher
from evenhand.pipeline.stages.execution.progress_bars import shows_progress
from evenhand.pipeline.stages.source import readers_store
from evenhand.pipeline.stages.stored_features import of_ids, stored_features
from evenhand.settings.load import load

PredictionsSource = str | Path | Record | Predictions
"""A prediction file, a run, or predictions."""


@dataclass(frozen=True, eq=False)
class EnsembleResult:
    """Predictions of several models, their blends, and the evaluation of both.

    Attributes
    ----------
    models
        The blended predictions, and the coverage of each model.
    blends
        One per method.
    nested_evaluation
        Figures of every model and blend: naive, nested, and corrected for the selection of the best.
    findings
        EH210, if models of runs assume different priors.
    """

    models: Aligned
    blends: tuple[Blend, ...]
    nested_evaluation: NestedEvaluation
    findings: tuple[Finding, ...] = ()

    @property
    def predictions(self) -> pd.DataFrame:
        """Blended predictions as a frame like that of a run: model, set, id, fold, group, truth, p:CLASS."""
        parts = []
        for one in self.blends:
            for name, p in ((RowSet.OUT_OF_FOLD, one.predictions), (RowSet.LOCKED, one.test)):
                if p is not None:
                    table = p.frame()
                    table.insert(0, "set", name)
                    table.insert(0, "model", p.model)
                    parts.append(table)
        return pd.concat(parts, ignore_index=True)

    def document(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "models": [one.document() for one in self.models.coverage],
            "rows": len(self.models.first),
            "blends": {one.method: one.document() for one in self.blends},
            "nested_evaluation": self.nested_evaluation.document(),
            "findings": [finding.document() for finding in self.findings],
        }

    def __repr__(self) -> str:
        return (
            f"EnsembleResult({len(self.models.models)} models, {len(self.blends)} blends)\n{self.nested_evaluation}"
        )

    def _repr_html_(self) -> str:
        return "".join([self.nested_evaluation._repr_html_(), *(one._repr_html_() for one in self.blends)])


@shows_progress
def ensemble(
    *sources: PredictionsSource,
    methods: Sequence[Choice | Recipe] = METHODS,
    labels: TruthTable | str | Path | None = None,
    folds: Folds | str | Path | None = None,
    new: Sequence[str | Path | Predictions] = (),
    rows: Literal["same", "common"] = "same",
    columns: Columns | None = None,
    score: str | Mapping[str, float] = "macro_f1",
    draws: int = 2000,
    seed: int = 0,
    store: str | Path | None = None,
    watcher: Watcher | None = None,
) -> EnsembleResult:
    """Return blends of out-of-fold predictions of any origin, each with its nested figure.

    Parameters
    ----------
    sources
        Prediction files (see `read_predictions`), runs, or predictions. From a run, every model is used.
    methods
        Blending methods: "nnls", "greedy+temperature", or tables with a name and options.
    labels
        The truth: a table with id, label and, if known, group and fold.
    folds
        The folds of files without a fold column. If there are none at all, five new folds (fewer with fewer
        groups) are made for fitting the blends, and no model is known to be out of fold.
    new
        Predictions of the same models for new rows, in the order of the sources.
    rows
        "same": every model must have every row; "common": the rows that all have.
    columns
        Roles of columns with unusual names.
    score
        A metric, or weights of metrics, to maximise and report.
    draws
        Bootstrap replicates behind an interval.
    seed
        Seed of every random draw.
    store
        Folder of the store for features of the rows of runs; None for the user's own.
    watcher
        Receives progress; by default bars in a terminal or a notebook.

    Raises
    ------
    DataError, RecordError
        If predictions cannot be read or do not match, or folds are missing and there is only one group.
    EvenhandError
        If a method is unknown.
    """
    watcher = watcher or Silent()
    weights = {score: 1.0} if isinstance(score, str) else dict(score)
    recipes = [recipe(method, score=weights) for method in methods]
    truth = read_labels(labels) if isinstance(labels, (str, Path)) else labels
    watcher.stage("reading", len(sources))
    found = [_read(source, truth, folds, columns) for source in sources]
    named = _with_unique_names(found, sources)
    models = _with_folds(align(named, rows=rows))
    fresh = _new_predictions(new, models, columns) if new else None
    features = _features(sources, models, recipes, watcher, store)
    watcher.stage("blending", len(recipes))
    made = []
    for done, how in enumerate(recipes, start=1):
        made.append(blend(models, how, test=fresh, features=features, seed=seed))
        watcher.advance(done)
    watcher.stage("evaluating")
    nested = nested_evaluation(models, made, score=score, draws=draws, seed=seed)
    return EnsembleResult(models, tuple(made), nested, prior_findings(_runs(sources, found, named)))


def _read(
    source: PredictionsSource, labels: TruthTable | None, folds: Any, columns: Columns | None
) -> list[Predictions]:
    """Return the predictions of every model of a source, without the blends of a run."""
    if isinstance(source, Predictions):
        return [source]
    read = read_predictions(source, labels=labels, folds=folds, columns=columns)
    # Blends of a run hold its models already; blending them again would count these twice.
    return [p for p in read if not p.model.startswith(PREFIX)]


def _with_unique_names(
    found: Sequence[Sequence[Predictions]], sources: Sequence[PredictionsSource]
) -> list[Predictions]:
    """Return all predictions with unique names: models of the same name get the folder of their source."""
    names = [p.model for some in found for p in some]
    out: list[Predictions] = []
    for some, source in zip(found, sources, strict=True):
        for p in some:
            name = p.model if names.count(p.model) == 1 else f"{_place(source)}/{p.model}".lstrip("/")
            # Two files of one folder, or the same file twice, still have one name.
            while name in (other.model for other in out):
                name += "'"
            out.append(replace(p, model=name))
    return out


def _runs(
    sources: Sequence[PredictionsSource], found: Sequence[Sequence[Predictions]], named: Sequence[Predictions]
) -> Iterator[tuple[Record, dict[str, str]]]:
    """Yield each run among the sources, with a mapping from its model names to their unique names."""
    called = iter(named)
    for source, some in zip(sources, found, strict=True):
        names = {p.model: next(called).model for p in some}
        if (record := record_at(source)) is not None:
            yield record, names


def _place(source: PredictionsSource) -> str:
    """Return the name of the folder of a source."""
    if isinstance(source, Predictions):
        return ""
    path = Path(source.path if isinstance(source, Record) else source)
    return path.name if path.is_dir() else path.resolve().parent.name


def _with_folds(models: Aligned, *, k: int = 5) -> Aligned:
    """Return the models with at most k folds, which are made now if there are none.

    Raises
    ------
    DataError
        If there are fewer than two groups (rows, without groups) for folds.
    """
    first = models.first
    if first.fold is not None or first.truth is None:
        return models
    groups = first.ids if first.groups is None else first.groups
    units = len(set(groups))
    if units < 2:
        what = "row" if first.groups is None else "group"
        raise DataError(
            f"{', '.join(models.names)}: there is no fold column, and two folds cannot be made from "
            f"{units:,} {what}. Give rows of at least two {what}s, or the folds of the models (a column fold, or "
            "--folds)."
        )
    fold = np.zeros(len(first), dtype=np.int16)
    plan = GroupedStratifiedKFold(min(k, units))
    for number, (_, held) in enumerate(plan.split(first.ids, first.truth, groups)):
        fold[held] = number
    return replace(models, models=tuple(replace(p, fold=fold) for p in models.models))


def _new_predictions(
    new: Sequence[str | Path | Predictions], models: Aligned, columns: Columns | None
) -> list[Predictions]:
    """Return predictions for new rows, under the names of the models."""
    read = [[p] if isinstance(p, Predictions) else read_predictions(p, columns=columns, of="test") for p in new]
    found = [p for some in read for p in some]
    if len(found) != len(models.names):
        raise DataError(
            f"Predictions of {len(found)} models were given for new rows, but {len(models.names)} models are "
            f"blended ({', '.join(models.names)}). Give one file per model, in this order."
        )
    return [replace(p, model=name) for p, name in zip(found, models.names, strict=True)]


def _features(
    sources: Sequence[PredictionsSource],
    models: Aligned,
    recipes: Sequence[Recipe],
    watcher: Watcher,
    store: str | Path | None,
) -> dict[str, Floats]:
    """Return the stored features of the rows that runs have; empty if no blend uses features."""
    if not any(how.uses_features for how in recipes):
        return {}
    rows_store, out = readers_store(store), dict[str, Floats]()
    for source in sources:
        record = record_at(source)
        if record is None:
            continue
        settings, ids = load(record.resolved()), record.samples().ids
        # A run that lacks some of the rows would leave holes in the features.
        if set(models.first.ids) <= set(ids):
            kept = stored_features(record, settings, [model.name for model in settings.model], watcher, rows_store)
            features = of_ids(kept, ids, models.first.ids)
            out |= {f"{record.path.name}/{name}": table for name, table in features.items()}
    return out
