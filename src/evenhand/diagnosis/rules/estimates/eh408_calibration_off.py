"""EH408: probabilities that cannot be taken at their word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evenhand.base.values import Floats, Interval, Predictions
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import listing
from evenhand.diagnosis.rule import Found, rule
from evenhand.evaluation.core.judged_rows import EvaluatedRows, known, rows_of
from evenhand.evaluation.figures.row_share import share


@rule("EH408", slug="calibration-off", severity="warning", needs=("evaluated",), after=("EH209", "EH405"))
def check(
    case: Evidence, *, least_gap: float = 0.05, least_rows: int = 100, level: float = 0.99
) -> Iterator[Found]:
    """Find models that are surer, or less sure, than they are right.

    What it checks: mean confidence minus the share of right rows, with an interval over groups, for models with at
    least `least_rows` rows of known class. It fires where the gap is at least `least_gap` and its interval does not
    reach 0. The chance of one or more false alarms among all models and sets that are looked at is 1 - `level`
    (Holm 1979), so that the interval of each is wider the more there are. Too sure is a warning, not sure enough a
    note.

    Why it matters: thresholds, rejections and "the model is 90 % sure" rest on it; blends of models that are sure
    in different measure weigh them wrongly.

    What to do: scale after the blend, fitted inside folds (methods such as "nnls+temperature"); train with less
    smoothing or fewer epochs. The order of the classes, and so the accuracy, hardly changes.

    Limits: a model may be too sure of some classes and not sure enough of others, and come out even; the
    reliability curve in the report shows it.

    Example: `lite0 is surer than it is right: 93 % sure on average and right in 84 % of 4,130 rows (gap 0.09
    [0.07, 0.11]).`
    """
    found = _surely_off([p for p in case.predictions or () if _judgeable(p, least_rows)], 1 - level)
    off = [one for one in found if abs(one.gap.estimate) >= least_gap]
    for over in (True, False):
        same = sorted((o for o in off if (o.gap.estimate > 0) == over), key=lambda o: -abs(o.gap.estimate))
        if same:
            yield _found(same, over)


@dataclass(frozen=True)
class _Gap:
    """A model, its mean confidence, how often it is right, and the difference."""

    model: str
    sure: float
    right: float
    gap: Interval


def _judgeable(p: Predictions, least_rows: int) -> bool:
    return p.truth is not None and int(known(p.truth).sum()) >= least_rows


def _surely_off(every: Sequence[Predictions], alpha: float) -> list[_Gap]:
    """Return the gaps that are not 0, as one family: Holm's steps, taken by intervals.

    With m models left each is held against alpha / m; where some are found, the others are held against the level
    that their smaller number allows.
    """
    found: list[_Gap] = []
    left = list(every)
    while left:
        gaps = [_gap(p, 1 - alpha / len(left)) for p in left]
        sure = [one.gap.low * one.gap.high > 0 for one in gaps]
        found += [one for one, off in zip(gaps, sure, strict=True) if off]
        left = [p for p, off in zip(left, sure, strict=True) if not off] if any(sure) else []
    return found


def _gap(p: Predictions, level: float) -> _Gap:
    assert p.truth is not None
    p = p.take(known(p.truth))
    sure, right = _sure_and_right(rows_of(p))
    half = share((1 + sure - right) / 2, p, draws=1000, level=level)
    gap = replace(half, estimate=2 * half.estimate - 1, low=2 * half.low - 1, high=2 * half.high - 1)
    return _Gap(p.model or "unnamed", float(sure.mean()), float(right.mean()), gap)


def _sure_and_right(rows: EvaluatedRows) -> tuple[Floats, Floats]:
    """Return (n,) confidence and (n,) how right: of the predicted class, or the means over all labels of a row."""
    if rows.several:
        surer = np.maximum(rows.probabilities, 1 - rows.probabilities)
        return surer.mean(axis=1), (rows.held == rows.claimed).mean(axis=1)
    sure = rows.probabilities[np.arange(len(rows)), rows.predicted]
    return sure, (rows.predicted == rows.truth).astype(np.float64)


def _found(same: list[_Gap], over: bool) -> Found:
    worst = same[0]
    how = "surer than it is right" if over else "less sure than it is right"
    others = f" Likewise {listing([one.model for one in same[1:]])}." if same[1:] else ""
    percent = f"{100 * worst.sure:.0f} % sure on average and right in {100 * worst.right:.0f} %"
    low, high = sorted((abs(worst.gap.low), abs(worst.gap.high)))
    return Found(
        says=f"{worst.model} is {how}: {percent} of {worst.gap.n:,} rows "
        f"(gap {abs(worst.gap.estimate):.2f} [{low:.2f}, {high:.2f}]).{others}",
        about=worst.model if len(same) == 1 else "",
        evidence={"gaps": {one.model: one.gap.document() for one in same}},
        severity="warning" if over else "note",
    )
