"""From series as logged to curves: sets and metrics by name, restarts, one axis for training and validation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evenhand.base.text.counted import count
from evenhand.base.values import Floats, Mask
from evenhand.curves.fit_curves import TEST, TRAIN, VALIDATION, Curve, FitCurves
from evenhand.curves.logs.raw_log import RawLog, Series, no_curves, whole
from evenhand.curves.metric_words import MetricName, metric_name

MOST_EPOCHS = 10_000
"""Most values that are taken for one of each epoch where a log names steps only."""
_Named = tuple[MetricName, Series]


def to_curves(log: RawLog) -> FitCurves:
    """Return the curves of a log.

    Values that a later part of the log replaces (after a restart) are left out; values of training between two
    evaluations are averaged; epochs are counted from 1.

    Raises
    ------
    DataError
        If the log holds no metric.
    """
    notes = list(log.notes)
    named = _one_grain(_named(log, notes))
    # Any column of numbers could be a metric; without one that is known to be, the file is of something else.
    if not any(name.higher_is_better is not None for name, _ in named):
        raise no_curves(log.name, log.columns)
    if _is_unordered(named):
        notes.append("The rows are not in the order of their epochs, and were sorted.")
        named = [(name, _sorted(series)) for name, series in named]
    named, replaced = _without_replaced(named)
    if replaced:
        notes.append(f"The log goes back {replaced}; earlier values of the same epochs are replaced by later ones.")
    held = [one for one in named if one[0].rows != TRAIN] or named
    unit = _unit([series for _, series in held])
    named = [(name, _counted(series, unit)) for name, series in named]
    axes = [series.epochs if unit == "epoch" else series.steps for _, series in named]
    known = np.concatenate(axes)
    if unit == "epoch" and not log.completed and whole(known) and len(known) and np.nanmin(known) == 0:
        axes = [axis + 1 for axis in axes]
        notes.append("Epochs are counted from 1; the log counts from 0.")
    marks = _marks([axis for (name, _), axis in zip(named, axes, strict=True) if name.rows != TRAIN])
    curves = [
        curve
        for (name, series), axis in zip(named, axes, strict=True)
        if len((curve := _curve(name, axis, series.values, marks)).values)
    ]
    return FitCurves(log.name, log.fold, log.seed, tuple(curves), unit, notes=tuple(notes), columns=log.columns)


def _named(log: RawLog, notes: list[str]) -> list[_Named]:
    """Return the series of metrics with the set of rows that each is of."""
    found = [(name, series) for series in log.series if (name := metric_name(series.name)) is not None]
    sets = {name.rows for name, _ in found}
    # `train_loss` beside `accuracy`: who names the training rows means others where no set is named
    unnamed = VALIDATION if TRAIN in sets and not sets & {VALIDATION, TEST} else TRAIN
    bare = [series.name for name, series in found if not name.rows]
    if bare and unnamed == TRAIN and len(bare) == len(found) and len(bare) > 1:
        notes.append("No column names its rows (train_…, val_…): all are taken for training rows.")
    if bare and unnamed == VALIDATION:
        notes.append(f"Taken for the rows held out, since others are named as training: {', '.join(bare[:3])}.")
    return [(MetricName(name.rows or unnamed, *_rest(name)), series) for name, series in found]


def _rest(name: MetricName) -> tuple[str, bool | None, str]:
    return name.metric, name.higher_is_better, name.grain


def _one_grain(named: Sequence[_Named]) -> list[_Named]:
    """Return one series for each set and metric: of an epoch before one of steps, the longest of equals."""
    best: dict[tuple[str, str], _Named] = {}
    rank = {"epoch": 0, "": 1, "step": 2}
    for name, series in named:
        key, mine = (name.rows, name.metric), (rank[name.grain], -len(series.values))
        other = best.get(key)
        if other is None or mine < (rank[other[0].grain], -len(other[1].values)):
            best[key] = (name, series)
    return list(best.values())


def _key(series: Series) -> Floats:
    """Return (e,) steps, or epochs where not every value has a step."""
    return series.epochs if np.isnan(series.steps).any() else series.steps


def _is_unordered(named: Sequence[_Named]) -> bool:
    """Return whether epochs go back more than once and none comes twice: a table sorted otherwise, not restarts."""
    keys = [_key(series) for _, series in named]
    backs = [int((np.diff(key) < 0).sum()) for key in keys]
    return max(backs, default=0) > 1 and all(len(np.unique(key)) == len(key) for key in keys)


def _sorted(series: Series) -> Series:
    order = np.argsort(_key(series), kind="stable")
    return Series(series.name, series.epochs[order], series.steps[order], series.values[order])


def _without_replaced(named: Sequence[_Named]) -> tuple[list[_Named], str]:
    """Return the series without values that later ones replace, and words for where the log goes back."""
    out, words = [], ""
    for name, series in named:
        key = _key(series)
        kept = current(key)
        if not kept.all() and not words:
            again = float(key[np.flatnonzero(~kept)[-1] + 1])
            unit = "step" if key is series.steps else "epoch"
            words = f"to {unit} {again:g} ({count(int((~kept).sum()), 'value')} of {series.name})"
        out.append((name, Series(series.name, series.epochs[kept], series.steps[kept], series.values[kept])))
    return out, words


def current(key: Floats) -> Mask:
    """Return (e,) whether no later value of a log has a smaller epoch or step.

    A training that goes on from an earlier state, or begins anew in the same file, steps back; what it logs from
    there on counts.

    >>> current(np.array([0.0, 1, 2, 1, 2, 3])).tolist()
    [True, False, False, True, True, True]
    """
    if np.isnan(key).any() or len(key) < 2:
        return np.ones(len(key), dtype=bool)
    later = np.append(np.minimum.accumulate(key[::-1])[::-1][1:], np.inf)
    back = np.flatnonzero(np.diff(key) < 0)
    # Equal keys before a step back are of the earlier part; without one they are several steps of one epoch.
    after = np.arange(len(key)) > (back[-1] if len(back) else -1)
    return np.asarray(np.where(after, True, key < later))


def _unit(held: Sequence[Series]) -> str:
    """Return "epoch" if epochs tell the evaluations apart, or steps are plainly numbers of epochs; else "step".

    Steps are where each has a value, from 0 or 1 on, and there are not more of them than anybody trains epochs.
    """
    apart = [len(np.unique(s.epochs)) == len(s.epochs) and not np.isnan(s.epochs).any() for s in held]
    if all(apart):
        return "epoch"
    steps = [s.steps for s in held]
    if any(np.isnan(axis).any() for axis in steps):
        return "epoch"
    consecutive = all(
        1 < len(axis) <= MOST_EPOCHS and axis[0] in (0, 1) and np.all(np.diff(axis) == 1) for axis in steps
    )
    return "epoch" if consecutive else "step"


def _counted(series: Series, unit: str) -> Series:
    """Return a series with a known axis: steps stand for epochs, or positions for either, where those lack."""
    epochs, steps = series.epochs, series.steps
    if unit == "epoch" and np.isnan(epochs).any():
        epochs = steps
    if np.isnan(epochs if unit == "epoch" else steps).any():
        epochs = steps = np.arange(1, len(series.values) + 1, dtype=np.float64)
    return Series(series.name, epochs, steps, series.values)


def _marks(axes: Sequence[Floats]) -> Floats:
    """Return (v,) the epochs or steps at which rows were evaluated, ascending; empty where none were."""
    return np.unique(np.concatenate(axes)) if axes else np.zeros(0)


def _curve(name: MetricName, axis: Floats, values: Floats, marks: Floats) -> Curve:
    """Return a curve; values of training are averaged since the evaluation before, others taken as they are."""
    if name.rows == TRAIN and len(marks):
        slot = np.searchsorted(marks, axis)
        axis = np.where(slot < len(marks), marks[np.minimum(slot, len(marks) - 1)], axis)
        merged = pd.Series(values).groupby(axis)
        # `mean` of pandas passes NaN by, which would hide that the loss was none
        means = merged.sum(min_count=1) / merged.count()
        lost = pd.Series(~np.isfinite(values)).groupby(axis).any()
        return Curve(TRAIN, name.metric, *_arrays(means.mask(lost)), name.higher_is_better)
    return Curve(
        name.rows, name.metric, *_arrays(pd.Series(values).groupby(axis).last(skipna=False)), name.higher_is_better
    )


def _arrays(values: pd.Series[float]) -> tuple[Floats, Floats]:
    return values.index.to_numpy(dtype=np.float64), values.to_numpy(dtype=np.float64)
