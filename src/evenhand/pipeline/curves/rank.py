"""`rank`: many runs or logs in one table, and paired verdicts where they share rows."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError, EvenhandError, unknown
from evenhand.base.storage.record import Record, records
from evenhand.base.text.counted import count
from evenhand.base.values import Predictions
from evenhand.curves.fit_curves import Curve, FitCurves
from evenhand.curves.logs.column_names import refuse_unknown_columns
from evenhand.curves.logs.read_log import is_log
from evenhand.evaluation.comparison.compare import Comparison, compare_predictions
from evenhand.evaluation.comparison.verdicts import WORTH_CARING
from evenhand.evaluation.reading.read import read_predictions
from evenhand.pipeline.curves.learning_curves import read_curves

_COLUMNS = ["run", "model", "mean", "deviation", "fits", "folds", "seeds", "lowest", "highest", "verdict"]
_DIFFERENCES = ["difference", "low", "high"]


@dataclass(frozen=True, eq=False)
class Ranking:
    """Models of several runs or logs, best first.

    Attributes
    ----------
    metric
        What they are ranked by, on the rows held out.
    table
        run, model, mean and deviation (the standard deviation, one degree of freedom less; missing of one fit) over
        folds and seeds, fits, folds, seeds, lowest, highest; verdict on the model against the first ("" where they
        share no rows), with difference, low and high.
    comparison
        The paired comparison behind the verdicts, on the rows that all compared models have; None without one.
    notes
        What was left out, in sentences.
    """

    metric: str
    table: pd.DataFrame
    comparison: Comparison | None = None
    notes: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        rows = self.table.astype(object).where(self.table.notna(), None).to_dict(orient="records")
        return {"metric": self.metric, "models": rows, "notes": list(self.notes)}

    def __repr__(self) -> str:
        return f"{self.metric}\n{self.table.to_string(index=False, float_format='{:.4g}'.format)}"

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        table = self.table.to_html(index=False, escape=True, float_format="{:.4g}".format)
        return f"<p>{html.escape(self.metric)}</p>{table}{notes}"


def rank(
    *sources: str | Path | Record,
    metric: str | None = None,
    columns: Mapping[str, str] = MappingProxyType({}),
    smallest: float = WORTH_CARING,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Ranking:
    """Return the models of runs and logs in the order of their mean over folds and seeds, with paired verdicts.

    The mean is of the epoch whose weights were kept, where the log says so, else of the best epoch. Its deviation
    is that between fits: the folds of one run share training rows, so that it is no standard error. Whether a model
    is better is what the verdict says, from the predictions out of fold, which are averaged over seeds.

    Parameters
    ----------
    sources
        Records, logs, or folders of records.
    metric
        A metric or loss in the logs of all models; by default the first of the [score] of the first run that all
        have, else the first that all have, else the loss.
    columns
        As in `learning_curves`; each log has those that it has.
    smallest, draws, level, seed
        As in `compare`.

    Raises
    ------
    RecordError, DataError
        If a source cannot be read, or no metric is in the logs of two models or more.
    """
    notes: list[str] = []
    found: list[tuple[str, Record | None, tuple[FitCurves, ...]]] = []
    for source in _expanded(sources):
        try:
            curves = read_curves(source, columns)
        except EvenhandError as error:
            notes.append(f"Left out: {error}")
            continue
        if curves.lost:
            shown = ", ".join(curves.lost[:3]) + (", …" if len(curves.lost) > 3 else "")
            notes.append(f"{curves.source}: {shown} missing, though the run is finished; ranked by what is left.")
        found.append((curves.source, source if isinstance(source, Record) else None, curves.fits))
    refuse_unknown_columns(columns, [name for _, _, fits in found for fit in fits for name in fit.columns])
    called = _names([source for source, _, _ in found])
    models = _models([(called[source], record, fits) for source, record, fits in found], notes)
    if not models:
        raise DataError(" ".join([f"None of the {count(len(found), 'source')} has epochs to rank by.", *notes]))
    metric = metric or _shared_metric(models)
    rows = [row for model in models if (row := _row(model, metric)) is not None]
    if not rows:
        names = list(dict.fromkeys(c.metric for model in models for c in _ranked(model.fits[0])))
        raise DataError(unknown("metric in the logs", metric, names))
    left = [f"{model.run}/{model.name}" for model in models if _row(model, metric) is None]
    if left:
        notes.append(
            f"Left out, for having no {metric}: {', '.join(left[:3])}{' and more' if len(left) > 3 else ''}."
        )
    higher = rows[0][1].higher_is_better
    rows.sort(key=lambda row: -row[0]["mean"] if higher else row[0]["mean"])
    ordered = [
        model for row, _ in rows for model in models if (model.run, model.name) == (row["run"], row["model"])
    ]
    comparison = _compared(ordered, metric, notes, smallest=smallest, draws=draws, level=level, seed=seed)
    table = pd.DataFrame([row for row, _ in rows], columns=[*_COLUMNS, *_DIFFERENCES])
    return Ranking(metric, _with_verdicts(table, comparison), comparison, tuple(notes))


@dataclass(frozen=True, eq=False)
class _Model:
    """The fits of one model of one run or log."""

    run: str
    name: str
    record: Record | None
    fits: tuple[FitCurves, ...]


def _expanded(sources: Sequence[str | Path | Record]) -> Iterable[str | Path | Record]:
    """Yield records and logs, those of a folder of records in its place."""
    for source in sources:
        if isinstance(source, Record) or is_log(Path(source)):
            yield source
        elif (Path(source) / "resolved.toml").is_file():
            yield Record.open(source)
        else:
            inside = records(Path(source))
            if not inside:
                raise DataError(f"{source}: is neither a run, a log, nor a folder of runs.")
            yield from inside


def _names(sources: Sequence[str]) -> dict[str, str]:
    """Return source -> the shortest end of its path that no other source has.

    >>> _names(["logs/version_0/metrics.csv", "logs/version_1/metrics.csv", "own.csv"]).values()
    dict_values(['version_0/metrics.csv', 'version_1/metrics.csv', 'own.csv'])
    """
    parts = {source: Path(source).resolve().parts for source in sources}
    out = {}
    for source, own in parts.items():
        others = [other for name, other in parts.items() if name != source]
        enough = (n for n in range(1, len(own)) if all(other[-n:] != own[-n:] for other in others))
        out[source] = "/".join(own[-next(enough, 1) :])
    return out


def _models(found: Iterable[tuple[str, Record | None, tuple[FitCurves, ...]]], notes: list[str]) -> list[_Model]:
    out: list[_Model] = []
    for run, record, fits in found:
        if not fits:
            notes.append(f"Left out, for having no epochs: {run}.")
        by_model: dict[str, list[FitCurves]] = {}
        for fit in fits:
            by_model.setdefault(fit.model, []).append(fit)
        taken = {one.run for one in out}
        unique = (
            run
            if run not in taken
            else next(f"{run} ({n})" for n in range(2, 10_000) if f"{run} ({n})" not in taken)
        )
        out += [_Model(unique, name, record, tuple(own)) for name, own in by_model.items()]
    return out


def _ranked(fit: FitCurves) -> tuple[Curve, ...]:
    return (*fit.metrics, *(() if fit.loss is None else (fit.loss,)))


def _shared_metric(models: Sequence[_Model]) -> str:
    """Return the first metric that most models have, those of the first model in their order."""
    names = [[c.metric for c in _ranked(model.fits[0])] for model in models]
    wanted = [models[0].fits[0].criterion, *dict.fromkeys(name for own in names for name in own)]
    have = {name: sum(name in own for own in names) for name in wanted if name}
    return max(have, key=lambda name: have[name], default="loss")


def _row(model: _Model, metric: str) -> tuple[dict[str, Any], Curve] | None:
    """Return the row of a model and one of its curves; None where it has no such curve."""
    curves = [(fit, c) for fit in model.fits for c in _ranked(fit) if c.metric == metric]
    values = np.array([_figure(fit, curve) for fit, curve in curves])
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    row = {
        "run": model.run,
        "model": model.name,
        "mean": float(values.mean()),
        "deviation": float(values.std(ddof=1)) if len(values) > 1 else np.nan,
        "fits": len(values),
        "folds": len({fit.fold for fit, _ in curves}),
        "seeds": len({fit.seed for fit, _ in curves}),
        "lowest": float(values.min()),
        "highest": float(values.max()),
        "verdict": "",
    }
    return row, curves[0][1]


def _figure(fit: FitCurves, curve: Curve) -> float:
    """Return the value of the epoch whose weights were kept, else the best one."""
    kept = np.nan if fit.kept is None else curve.value_at(fit.kept)
    best = curve.best
    return kept if np.isfinite(kept) or best is None else float(curve.values[best])


def _compared(models: Sequence[_Model], metric: str, notes: list[str], **how: Any) -> Comparison | None:
    """Return the comparison of the first model with those that share rows with it; None where there is none."""
    entries = [(model, p) for model in models if (p := _predictions(model)) is not None]
    if not entries or entries[0][0] is not models[0]:
        return None
    ids = set(entries[0][1].ids)
    sharing = [p for _, p in entries if p is entries[0][1] or ids & set(p.ids)]
    if len(sharing) < 2:
        return None
    try:
        return compare_predictions(sharing, [metric], **how)
    except EvenhandError as error:  # a loss, a metric of several labels, another truth
        notes.append(f"No verdicts: {error}")
        return None


def _predictions(model: _Model) -> Predictions | None:
    """Return a model's predictions out of fold, named by its run; None where the run has not ended."""
    if model.record is None or not model.record.wrote("predictions.parquet"):
        return None
    for found in read_predictions(model.record):
        if found.model == model.name:
            return replace(found, model=f"{model.run}/{model.name}")
    return None


def _with_verdicts(table: pd.DataFrame, comparison: Comparison | None) -> pd.DataFrame:
    """Return the table with the verdict on each model against the first."""
    verdicts = {} if comparison is None else {v.name: v for v in comparison.verdicts}
    out = table.copy()
    for at, row in enumerate(table.to_dict(orient="records")):
        verdict = verdicts.get(f"{row['run']}/{row['model']}")
        if verdict is not None:
            out.loc[at, "verdict"] = verdict.word
            out.loc[at, _DIFFERENCES] = [
                verdict.difference.estimate,
                verdict.difference.low,
                verdict.difference.high,
            ]
    return out
