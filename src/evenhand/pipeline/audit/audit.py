"""`audit`: how far a figure may be believed, for a record or for anybody's prediction files."""

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
from evenhand.evaluation.reading.from_record import of_record
from evenhand.evaluation.reading.labels import read_column
from evenhand.evaluation.reading.read import read_predictions
from evenhand.pipeline.audit.audit_result import AuditResult, conformal_sets, recalibrated
from evenhand.pipeline.audit.refit import heads_again, keeps_whole, parts_of, refit
from evenhand.pipeline.audit.refit_result import Refit
from evenhand.pipeline.stages.progress import Silent, Watcher
from evenhand.pipeline.stages.progress_bars import shows_progress
from evenhand.pipeline.stages.source import readers_store
from evenhand.pipeline.stages.stored_features import of_ids, stored_features
from evenhand.settings.load import Settings, load

PREFIX = "ensemble:"
RULES = ("EH405", "EH407", "EH408")
"""Rules that look at what is audited."""
ELSEWHERE = ("EH110", "EH405", "EH409")
"""Rules whose findings about a run say what its figures do not cover."""
METHODS = ("equal", "nnls")
"""Blends that are learned again where prediction files come without a configuration."""


@dataclass(frozen=True, eq=False)
class _Evidence:
    """What is audited: all predictions, the one that is looked at, and the run or the files they come from."""

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
    again: bool = False,
    coverage: float | None = None,
    labels: str | Path | None = None,
    folds: str | Path | None = None,
    parts: int = 10,
    store: str | Path | None = None,
    of: str = RowSet.OUT_OF_FOLD,
    columns: Columns | None = None,
    watcher: Watcher | None = None,
) -> AuditResult:
    """Return what a figure is made of, where it is worst, and how far it may be believed.

    Parameters
    ----------
    source
        A run, prediction files (CSV, Parquet, npz), or predictions. Nothing locked is looked at
        unless `of` says so.
    model
        Which model or blend; by default the run's best, or the only one there is.
    by
        A column to audit by, or several: of the run's samples, of the table of labels, or of the prediction file.
        By default the groups. Intervals come from resampling the groups all the same.
    metric
        By default the first of [score]; for files macro_f1.
    floor
        A value that every part should reach.
    held
        Share of the rows, and of the groups, held out at once.
    again
        Whether to learn again without the judged groups: heads on frozen features, and blends.
    coverage
        What conformal sets are to hold, for example 0.9; None for no sets. Needs the extra `conformal`.
    labels, folds
        For files: tables with the truth and the groups, and with the folds, of each id.
    parts
        Into how many parts, at most, the groups are dealt for learning again.
    store
        Folder of the store that keeps what learning again computes; None for the user's own.
    of
        "oof" for out-of-fold rows, "test" for locked rows.
    columns
        For files: which column is what.
    watcher
        Told how far the work is. Without one, bars are shown in a terminal and in a notebook.

    Raises
    ------
    EvenhandError
        In words: no such file, column, model or metric; no truth; one group only.
    """
    if of not in (RowSet.OUT_OF_FOLD, RowSet.LOCKED):
        raise EvenhandError(f"--set: {unknown('choice', of, ('oof', 'test'))}")
    evidence = _evidence(source, model, labels, folds, of, columns)
    by_column = _columns(evidence, [by] if isinstance(by, str) else list(by or ()), labels)
    p = evidence.chosen
    settings = evidence.settings
    draws, seed = (settings.evaluate.draws, settings.evaluate.seed) if settings else (2000, 0)
    name = metric or (next(iter(settings.score.weights)) if settings else "macro_f1")
    found = audit_predictions(
        p,
        by=by_column or None,
        metric=name,
        floor=floor,
        held=held,
        sets=settings.classes.sets if settings else None,
        levels=evidence.run.samples().levels if evidence.run else None,
        draws=draws,
        seed=seed,
    )
    return AuditResult(
        found,
        recalibrated(p, draws=draws, seed=seed),
        conformal_sets(_with_parts(p, by_column), coverage) if coverage is not None else (),
        _refit(evidence, _with_parts(p, by_column), name, parts, watcher or Silent(), store, draws=draws, seed=seed)
        if again
        else None,
        _findings(evidence, p),
    )


def _findings(evidence: _Evidence, p: Predictions) -> tuple[Finding, ...]:
    """Return what rules find in the predictions, and what the run found that no figure of its rows can show."""
    own = examine(Evidence(predictions=(p,)), RULES).findings
    before = [] if evidence.run is None else evidence.run.findings()
    told = {finding.code for finding in own}
    return (*own, *(finding for finding in before if finding.code in ELSEWHERE and finding.code not in told))


def _evidence(
    source: str | Path | Record | Predictions | Sequence[str | Path],
    model: str | None,
    labels: str | Path | None,
    folds: str | Path | None,
    of: str,
    columns: Columns | None,
) -> _Evidence:
    if isinstance(source, Predictions):
        return _Evidence((source,), source)
    paths = [source] if isinstance(source, (str, Path, Record)) else list(source)
    if len(paths) == 1 and (isinstance(paths[0], Record) or Path(paths[0]).is_dir()):
        run = paths[0] if isinstance(paths[0], Record) else Record.open(paths[0])
        every = of_record(run, of=of)
        best = model or str(run.json("scores.json")["headline"]["best"])
        return _Evidence(every, _named(every, best), (), run, load(run.resolved()))
    every = tuple(
        p for path in paths for p in read_predictions(path, labels=labels, folds=folds, columns=columns, of=of)
    )
    return _Evidence(
        every, _named(every, model), tuple(Path(path) for path in paths if not isinstance(path, Record))
    )


def _named(every: Sequence[Predictions], model: str | None) -> Predictions:
    names = [p.model for p in every]
    if model is None and len(every) > 1:
        raise EvenhandError(f"There are several models: {', '.join(names)}. Say which one to audit: --model NAME.")
    if model is not None and model not in names:
        raise EvenhandError(unknown("model", model, names))
    return every[0] if model is None else every[names.index(model)]


def _columns(evidence: _Evidence, by: Sequence[str], labels: str | Path | None) -> dict[str, Strings]:
    """Return name -> (n,) the part of each row of the chosen predictions, for every column to audit by."""
    out: dict[str, Strings] = {}
    for name in by:
        column = _column(evidence, name, labels)
        out[name] = column.reindex(evidence.chosen.ids).to_numpy(dtype=object)
    return out


def _column(evidence: _Evidence, by: str, labels: str | Path | None) -> pd.Series[Any]:
    """Return the cells of a column by id."""
    if evidence.run is not None:
        frame = evidence.run.samples().frame
        if by not in frame:
            own = [name for name in map(str, frame.columns) if not name.startswith("eh:")]
            raise DataError(unknown("column of the samples", by, own))
        return frame.set_index("id")[by]
    tables = [Path(labels)] if labels is not None else []
    tables += [path for path in evidence.paths if path.suffix.lower() != ".npz"]
    known: list[str] = []
    for table in tables:
        source = opened(table)
        known += source.names
        if by in source.names:
            return read_column(source, by)
    advice = f'To audit by "{by}", give the table that holds it: --labels FILE with a row for each id.'
    raise DataError(f"{unknown('column', by, dict.fromkeys(known))} {advice}" if known else advice)


def _with_parts(p: Predictions, columns: Mapping[str, Strings]) -> Predictions:
    """Return predictions with the first column to audit by for groups: what is left out, or calibrated for."""
    first = next(iter(columns.values()), None)
    return p if first is None else replace(p, groups=part_names(first))


def _refit(
    evidence: _Evidence,
    p: Predictions,
    metric: str,
    most: int,
    watcher: Watcher,
    store: str | Path | None,
    *,
    draws: int,
    seed: int,
) -> Refit:
    """Return what learning again without each part of the groups gives."""
    if p.groups is None:
        raise DataError("Learning again without groups needs groups; name a column with --by.")
    models = [one for one in evidence.every if not one.model.startswith(PREFIX)]
    if any(len(one) != len(p) or (one.ids != p.ids).any() for one in models):
        raise DataError("Learning again needs predictions of every model for the same rows, in the same order.")
    parts = parts_of(p, p.groups, most, seed)
    own, again = readers_store(store), dict[str, Predictions]()
    if evidence.run is not None and evidence.settings is not None:
        heads = [m.name for m in evidence.settings.model if m.tune == "head" and not m.train.get("stage")]
        again = heads_again(evidence.run, evidence.settings, parts, _divided(models, p.groups, heads), watcher, own)
    methods = _methods(evidence)
    features = _features(evidence, methods, p, watcher, own)
    return refit(
        models, again, p.groups, methods, parts=parts, metric=metric, draws=draws, seed=seed, features=features
    )


def _methods(evidence: _Evidence) -> list[Recipe]:
    """Return the blends of the run, or a few usual ones where there is none."""
    if evidence.settings is None:
        return [recipe(method) for method in METHODS]
    score = evidence.settings.score.weights
    return [recipe(method, score=score) for method in evidence.settings.ensemble.methods]


def _features(
    evidence: _Evidence, methods: Sequence[Recipe], p: Predictions, watcher: Watcher, store: Store
) -> Mapping[str, Floats] | None:
    """Return the stored features of the rows of `p` where a blend looks at them."""
    if evidence.run is None or evidence.settings is None or not any(one.uses_features for one in methods):
        return None
    names = [model.name for model in evidence.settings.model]
    kept = stored_features(evidence.run, evidence.settings, names, watcher, store)
    return of_ids(kept, evidence.run.samples().ids, p.ids)


def _divided(models: Sequence[Predictions], groups: Strings, names: Sequence[str]) -> list[str]:
    """Return which of the named models had folds that divide a group."""
    return [p.model for p in models if p.model in names and not keeps_whole(p, groups)]
