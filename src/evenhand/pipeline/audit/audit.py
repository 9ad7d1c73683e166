"""`audit`: how far a figure can be trusted, for a run or for prediction files of any origin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from evenhand.base.errors import DataError, EvenhandError, unknown
from evenhand.base.storage.record import Record
from evenhand.base.values import Finding, Floats, Predictions, RowSet, Strings
from evenhand.blending.core.spec import Recipe, recipe
from evenhand.data.store.store import Store
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.examine import examine
from evenhand.evaluation.audit.audit import audit as audit_predictions
from evenhand.evaluation.audit.audit import part_names
from evenhand.evaluation.reading.columns import Columns
from evenhand.evaluation.reading.files import opened
from evenhand.evaluation.reading.from_record import best_model, of_record, record_at
from evenhand.evaluation.reading.labels import read_column
from evenhand.evaluation.reading.read import of_model, read_predictions
from evenhand.pipeline.audit.audit_result import AuditResult, conformal_sets, recalibrated
from evenhand.pipeline.audit.refit import folds_of_groups, keeps_groups_whole, refit_heads, refit_models
from evenhand.pipeline.audit.refit_result import Refit
from evenhand.pipeline.stages.execution.progress import Silent, Watcher
from evenhand.pipeline.stages.execution.progress_bars import shows_progress
from evenhand.pipeline.stages.source import readers_store
from evenhand.pipeline.stages.stored_features import of_ids, stored_features
from evenhand.settings.load import Settings, load

PREFIX = "ensemble:"
RULES = ("EH405", "EH407", "EH408", "EH412")
"""Codes of the rules that check the audited predictions."""
ELSEWHERE = ("EH110", "EH405", "EH409")
"""Codes of the rules whose findings about a run name what its figures do not cover."""
METHODS = ("equal", "nnls")
"""Blends that are refitted for prediction files, which have no configuration."""


@dataclass(frozen=True, eq=False)
class _Inputs:
    """All predictions, the audited ones, and the run or the files that they come from."""

    every: tuple[Predictions, ...]
    chosen: Predictions
    paths: tuple[Path, ...] = ()
    run: Record | None = None
    settings: Settings | None = None


@shows_progress
def audit(
    source: str | Path | Record | Predictions | Sequence[str | Path],
    *,
    model: str | None = None,
    by: str | Sequence[str] | None = None,
    metric: str | None = None,
    floor: float | None = None,
    held: float = 0.2,
    refit: bool = False,
    coverage: float | None = None,
    labels: str | Path | None = None,
    folds: str | Path | None = None,
    parts: int = 10,
    store: str | Path | None = None,
    of: str = RowSet.OUT_OF_FOLD,
    columns: Columns | None = None,
    watcher: Watcher | None = None,
) -> AuditResult:
    """Return how a figure varies over rows and groups, where it is worst, and how far it can be trusted.

    Parameters
    ----------
    source
        A run, prediction files (CSV, Parquet, npz), or predictions. Locked rows are audited only with
        `of="test"`.
    model
        Name of the model or blend; by default the best of the run, or the only one.
    by
        One or more columns that define the audited groups, from the samples of the run, the table of labels or the
        prediction file; by default the groups. Intervals are always resampled over the groups.
    metric
        Name of the metric; by default the first of [score], for files macro_f1.
    floor
        The value that every group should reach.
    held
        Share of the rows, and of the groups, in one holdout.
    refit
        Whether to refit heads on frozen features, and blends, without the groups that are evaluated.
    coverage
        Coverage of conformal sets, such as 0.9; None for no sets. Needs the extra `conformal`.
    labels, folds
        For files: a table with the truth and the group of each id, and one with the fold of each id.
    parts
        Largest number of parts that the groups are split into for refitting.
    store
        Folder of the store for refitting; None for the user's own.
    of
        "oof" for out-of-fold rows, "test" for locked rows.
    columns
        For files: the roles of columns.
    watcher
        Receives progress; by default bars in a terminal or a notebook.

    Raises
    ------
    EvenhandError
        If a file, column, model or metric does not exist, the truth is missing, or there is only one group.
    """
    if of not in (RowSet.OUT_OF_FOLD, RowSet.LOCKED):
        raise EvenhandError(f"--set: {unknown('choice', of, ('oof', 'test'))}")
    inputs = _inputs_of(source, model, labels, folds, of, columns)
    slices = _columns(inputs, [by] if isinstance(by, str) else list(by or ()), labels)
    p, settings = inputs.chosen, inputs.settings
    draws, seed = (settings.evaluate.draws, settings.evaluate.seed) if settings else (2000, 0)
    name = metric or (next(iter(settings.score.weights)) if settings else "macro_f1")
    grouped = _with_parts(p, slices)
    refitted = None
    if refit:
        watcher = watcher or Silent()
        refitted = _refit(inputs, grouped, name, parts, watcher, store, draws=draws, seed=seed)
    return AuditResult(
        audit_predictions(
            p,
            by=slices or None,
            metric=name,
            floor=floor,
            held=held,
            sets=settings.classes.sets if settings else None,
            levels=inputs.run.samples().levels if inputs.run else None,
            draws=draws,
            seed=seed,
        ),
        recalibrated(p, draws=draws, seed=seed),
        conformal_sets(grouped, coverage) if coverage is not None else (),
        refitted,
        _findings(inputs, p),
    )


def _findings(inputs: _Inputs, p: Predictions) -> tuple[Finding, ...]:
    """Return the findings about the predictions, and those of the run that none of its figures can show."""
    found = examine(Evidence(predictions=(p,)), RULES).findings
    before = [] if inputs.run is None else inputs.run.findings()
    # What was examined now is newer than what the run wrote.
    codes = {finding.code for finding in found}
    return (*found, *(finding for finding in before if finding.code in ELSEWHERE and finding.code not in codes))


def _inputs_of(
    source: str | Path | Record | Predictions | Sequence[str | Path],
    model: str | None,
    labels: str | Path | None,
    folds: str | Path | None,
    of: str,
    columns: Columns | None,
) -> _Inputs:
    if isinstance(source, Predictions):
        return _Inputs((source,), source)
    paths = [source] if isinstance(source, (str, Path, Record)) else list(source)
    if len(paths) == 1 and (run := record_at(paths[0])) is not None:
        every = of_record(run, of=of)
        return _Inputs(every, of_model(every, model or best_model(run), "audit"), (), run, load(run.resolved()))
    every = tuple(
        p for path in paths for p in read_predictions(path, labels=labels, folds=folds, columns=columns, of=of)
    )
    return _Inputs(
        every, of_model(every, model, "audit"), tuple(Path(path) for path in paths if not isinstance(path, Record))
    )


def _columns(inputs: _Inputs, by: Sequence[str], labels: str | Path | None) -> dict[str, Strings]:
    """Return name -> (n,) values of each column to audit by, in the order of the audited predictions."""
    out: dict[str, Strings] = {}
    for name in by:
        column = _column(inputs, name, labels)
        out[name] = column.reindex(inputs.chosen.ids).to_numpy(dtype=object)
    return out


def _column(inputs: _Inputs, by: str, labels: str | Path | None) -> pd.Series[Any]:
    """Return the values of a column by id."""
    if inputs.run is not None:
        frame = inputs.run.samples().frame
        if by not in frame:
            known = [name for name in map(str, frame.columns) if not name.startswith("eh:")]
            raise DataError(unknown("column of the samples", by, known))
        return frame.set_index("id")[by]
    tables = [Path(labels)] if labels is not None else []
    # Arrays have no named columns.
    tables += [path for path in inputs.paths if path.suffix.lower() != ".npz"]
    names: list[str] = []
    for table in tables:
        source = opened(table)
        names += source.names
        if by in source.names:
            return read_column(source, by)
    advice = f'To audit by "{by}", give the table that holds it: --labels FILE with a row for each id.'
    raise DataError(f"{unknown('column', by, dict.fromkeys(names))} {advice}" if names else advice)


def _with_parts(p: Predictions, columns: Mapping[str, Strings]) -> Predictions:
    """Return predictions grouped by the first column to audit by: the unit of refitting and conformal sets."""
    first = next(iter(columns.values()), None)
    return p if first is None else replace(p, groups=part_names(first), families=False)


def _refit(
    inputs: _Inputs,
    p: Predictions,
    metric: str,
    most: int,
    watcher: Watcher,
    store: str | Path | None,
    *,
    draws: int,
    seed: int,
) -> Refit:
    """Return the figures after refitting without each part of the groups."""
    groups = p.named_groups
    if groups is None:
        raise DataError("Refitting without groups needs groups; name a column with --by.")
    models = [one for one in inputs.every if not one.model.startswith(PREFIX)]
    # Stored features and folds are taken by position below.
    if any(len(one) != len(p) or (one.ids != p.ids).any() for one in models):
        raise DataError("Refitting needs predictions of every model for the same rows, in the same order.")
    parts = folds_of_groups(p, groups, most, seed)
    rows_store, refitted = readers_store(store), dict[str, Predictions]()
    if inputs.run is not None and inputs.settings is not None:
        heads = [m.name for m in inputs.settings.model if m.tune == "head" and not m.train.get("stage")]
        refitted = refit_heads(
            inputs.run, inputs.settings, parts, _splits_groups(models, groups, heads), watcher, rows_store
        )
    methods = _methods(inputs)
    features = _features(inputs, methods, p, watcher, rows_store)
    return refit_models(
        models,
        refitted,
        groups,
        methods,
        parts=parts,
        metric=metric,
        draws=draws,
        seed=seed,
        features=features,
    )


def _methods(inputs: _Inputs) -> list[Recipe]:
    """Return the blends of the run, or default ones for files."""
    if inputs.settings is None:
        return [recipe(method) for method in METHODS]
    score = inputs.settings.score.weights
    return [recipe(method, score=score) for method in inputs.settings.ensemble.methods]


def _features(
    inputs: _Inputs, methods: Sequence[Recipe], p: Predictions, watcher: Watcher, store: Store
) -> Mapping[str, Floats] | None:
    """Return the stored features of the rows of `p`, or None if no blend uses features."""
    if inputs.run is None or inputs.settings is None or not any(one.uses_features for one in methods):
        return None
    names = [model.name for model in inputs.settings.model]
    kept = stored_features(inputs.run, inputs.settings, names, watcher, store)
    return of_ids(kept, inputs.run.samples().ids, p.ids)


def _splits_groups(models: Sequence[Predictions], groups: Strings, names: Sequence[str]) -> list[str]:
    """Return the names of those of the named models whose folds split a group."""
    return [p.model for p in models if p.model in names and not keeps_groups_whole(p, groups)]
