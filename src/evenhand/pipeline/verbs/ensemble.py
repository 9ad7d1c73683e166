"""`ensemble`: blends of predictions that anybody made, and what each is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError, EvenhandError
from evenhand.base.settings.named_choice import Choice
from evenhand.base.storage.atomic import frame_csv, replacing
from evenhand.base.storage.record import Record
from evenhand.base.values import Finding, Floats, Folds, Predictions, RowSet
from evenhand.blending.blend import PREFIX, Blend, blend
from evenhand.blending.core.spec import Recipe, recipe
from evenhand.blending.inputs.align import Aligned, align
from evenhand.blending.nested_evaluation import LADDER, nested_evaluation
from evenhand.data.splits.sklearn_splitter import GroupedStratifiedKFold
from evenhand.evaluation.reading.columns import Columns
from evenhand.evaluation.reading.labels import TruthTable, read_labels
from evenhand.evaluation.reading.read import read_predictions
from evenhand.evaluation.selection.selection_report import NestedEvaluation
from evenhand.pipeline.stages.blend_priors import prior_findings
from evenhand.pipeline.stages.progress import Silent, Watcher
from evenhand.pipeline.stages.progress_bars import shows_progress
from evenhand.pipeline.stages.source import readers_store
from evenhand.pipeline.stages.stored_features import of_ids, stored_features
from evenhand.settings.load import load

PredictionsSource = str | Path | Record | Predictions
"""A prediction file, a run, or predictions."""


@dataclass(frozen=True, eq=False)
class Assembly:
    """Several models' predictions, what became of them, and what that is worth.

    Attributes
    ----------
    models
        The predictions that were blended, and what each model covers.
    blends
        One per method.
    nested_evaluation
        Every model and blend: naive, nested and corrected for the choice of the best.
    findings
        EH210, where models of runs stand for different priors.
    """

    models: Aligned
    blends: tuple[Blend, ...]
    nested_evaluation: NestedEvaluation
    findings: tuple[Finding, ...] = ()

    @property
    def predictions(self) -> pd.DataFrame:
        """Blended predictions as a table like that of a run: model, set, id, fold, group, truth, p:CLASS."""
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
        """Return it as plain values, for JSON."""
        return {
            "models": [one.document() for one in self.models.coverage],
            "rows": len(self.models.first),
            "blends": {one.method: one.document() for one in self.blends},
            "worth": self.nested_evaluation.document(),
            "findings": [finding.document() for finding in self.findings],
        }

    def __repr__(self) -> str:
        return f"Assembly({len(self.models.models)} models, {len(self.blends)} blends)\n{self.nested_evaluation}"

    def _repr_html_(self) -> str:
        return "".join([self.nested_evaluation._repr_html_(), *(one._repr_html_() for one in self.blends)])


@shows_progress
def ensemble(
    *sources: PredictionsSource,
    methods: Sequence[Choice | Recipe] = LADDER,
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
) -> Assembly:
    """Return blends of anybody's out-of-fold predictions, each judged by what it is worth.

    Parameters
    ----------
    sources
        Prediction files (see `read_predictions`), runs, or predictions. Of a run every model is taken.
    methods
        Ways of blending: "nnls", "greedy+temperature", or tables with a name and options.
    labels
        What is true: a table with id, label and, where there are such, group and fold.
    folds
        The plan of folds by which files without a column of folds were made. Where nobody says anything of folds, a
        plan of five (of as many as there are groups, where those are fewer) is made to learn blends by, and no
        model is known to be out of fold.
    new
        Predictions of the same models for rows that are new, in the order of the sources.
    rows
        "same": every model must have every row; "common": the rows that all have.
    columns
        Which column is what, where names do not say so.
    score
        A metric, or metrics with weights: what is maximised and judged.
    draws
        Bootstrap replicates behind an interval.
    seed
        Of every random draw.
    store
        Folder of the store that keeps features of the rows of runs; None for the user's own.
    watcher
        Told how far the work is. Without one, bars are shown in a terminal and in a notebook.

    Raises
    ------
    DataError, RecordError
        If predictions cannot be read or do not fit together, or a plan of folds is to be made of one group.
    EvenhandError
        If there is no such method.
    """
    watcher = watcher or Silent()
    weights = {score: 1.0} if isinstance(score, str) else dict(score)
    recipes = [recipe(method, score=weights) for method in methods]
    truth = read_labels(labels) if isinstance(labels, (str, Path)) else labels
    watcher.stage("reading", len(sources))
    found = [_read(source, truth, folds, columns) for source in sources]
    named = _named_apart(found, sources)
    models = _with_folds(align(named, rows=rows))
    fresh = _new(new, models, columns) if new else None
    features = _features(sources, models, recipes, watcher, store)
    watcher.stage("blending", len(recipes))
    made = []
    for done, how in enumerate(recipes, start=1):
        made.append(blend(models, how, test=fresh, features=features, seed=seed))
        watcher.advance(done)
    watcher.stage("judging")
    judged = nested_evaluation(models, made, score=score, draws=draws, seed=seed)
    return Assembly(models, tuple(made), judged, prior_findings(_runs(sources, found, named)))


def write_predictions(made: Assembly, path: Path) -> None:
    """Write blended predictions as CSV or Parquet, by the name's ending.

    Raises
    ------
    EvenhandError
        If the ending is neither.
    """
    ending = path.suffix.lower()
    if ending not in (".csv", ".parquet"):
        raise EvenhandError(f"{path}: predictions are written as .csv or .parquet. Give a name with one of these.")
    table = made.predictions
    with replacing(path) as part:
        if ending == ".csv":
            frame_csv(table, part)
        else:
            table.to_parquet(part, index=False)


def _read(
    source: PredictionsSource, labels: TruthTable | None, folds: Any, columns: Columns | None
) -> list[Predictions]:
    """Return the predictions of every model of a source; blends of a run are left out."""
    if isinstance(source, Predictions):
        return [source]
    read = read_predictions(source, labels=labels, folds=folds, columns=columns)
    return [p for p in read if not p.model.startswith(PREFIX)]


def _named_apart(found: Sequence[Sequence[Predictions]], sources: Sequence[PredictionsSource]) -> list[Predictions]:
    """Return all predictions, models of one name told apart by where they come from."""
    names = [p.model for some in found for p in some]
    out: list[Predictions] = []
    for some, source in zip(found, sources, strict=True):
        for p in some:
            name = p.model if names.count(p.model) == 1 else f"{_place(source)}/{p.model}".lstrip("/")
            while name in (other.model for other in out):
                name += "'"
            out.append(replace(p, model=name))
    return out


def _runs(
    sources: Sequence[PredictionsSource], found: Sequence[Sequence[Predictions]], named: Sequence[Predictions]
) -> Iterator[tuple[Record, dict[str, str]]]:
    """Yield each run among the sources, with the names of its models -> what they are called beside others."""
    called = iter(named)
    for source, some in zip(sources, found, strict=True):
        names = {p.model: next(called).model for p in some}
        if isinstance(source, Record):
            yield source, names
        elif not isinstance(source, Predictions) and Path(source).is_dir():
            yield Record.open(source), names


def _place(source: PredictionsSource) -> str:
    """Return the name of the folder that a source is, or lies in."""
    if isinstance(source, Predictions):
        return ""
    path = Path(source.path if isinstance(source, Record) else source)
    return path.name if path.is_dir() else path.resolve().parent.name


def _with_folds(models: Aligned, *, k: int = 5) -> Aligned:
    """Return the models with a plan of at most k folds, made now where nobody has one.

    Raises
    ------
    DataError
        If there are fewer than two groups (rows, where there are no groups) to deal to folds.
    """
    first = models.first
    if first.fold is not None or first.truth is None:
        return models
    groups = first.ids if first.groups is None else first.groups
    units = len(set(groups))
    if units < 2:
        what = "row" if first.groups is None else "group"
        raise DataError(
            f"{', '.join(models.names)}: no column says folds, and a plan of two at least cannot be made of "
            f"{units:,} {what}. Give rows of two {what}s at least, or the folds by which the models were trained "
            "(a column fold, or --folds)."
        )
    fold = np.zeros(len(first), dtype=np.int16)
    plan = GroupedStratifiedKFold(min(k, units))
    for number, (_, held) in enumerate(plan.split(first.ids, first.truth, groups)):
        fold[held] = number
    return replace(models, models=tuple(replace(p, fold=fold) for p in models.models))


def _new(new: Sequence[str | Path | Predictions], models: Aligned, columns: Columns | None) -> list[Predictions]:
    """Return predictions for new rows, under the names of the models."""
    read = [[p] if isinstance(p, Predictions) else read_predictions(p, columns=columns, of="test") for p in new]
    found = [p for some in read for p in some]
    if len(found) != len(models.names):
        raise DataError(
            f"There are predictions of {len(found)} models for new rows, and {len(models.names)} models are "
            f"blended ({', '.join(models.names)}). Give one for each, in this order."
        )
    return [replace(p, model=name) for p, name in zip(found, models.names, strict=True)]


def _features(
    sources: Sequence[PredictionsSource],
    models: Aligned,
    recipes: Sequence[Recipe],
    watcher: Watcher,
    store: str | Path | None,
) -> dict[str, Floats]:
    """Return the features that runs have stored for the rows; none where no blend looks at them."""
    if not any(how.uses_features for how in recipes):
        return {}
    own, out = readers_store(store), dict[str, Floats]()
    for source in sources:
        if isinstance(source, Predictions) or not (isinstance(source, Record) or Path(source).is_dir()):
            continue
        record = source if isinstance(source, Record) else Record.open(source)
        settings, ids = load(record.resolved()), record.samples().ids
        if set(models.first.ids) <= set(ids):
            kept = stored_features(record, settings, [model.name for model in settings.model], watcher, own)
            mine = of_ids(kept, ids, models.first.ids)
            out |= {f"{record.path.name}/{name}": table for name, table in mine.items()}
    return out
