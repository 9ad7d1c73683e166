"""EH408: miscalibrated probabilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evenhand.base.values import Floats, Interval, Predictions
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import listing
from evenhand.diagnosis.rule import Found, rule
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows, known, rows_of
from evenhand.evaluation.figures.row_share import share


@rule("EH408", slug="calibration-off", severity="warning", needs=("evaluated",), after=("EH209", "EH405"))
def check(
    evidence: Evidence, *, least_gap: float = 0.05, least_rows: int = 100, level: float = 0.99
) -> Iterator[Found]:
    """Find overconfident and underconfident models.

    What it checks: mean confidence minus accuracy (where rows may have several labels: the share of label cells,
    each a yes or no, that are right), with an interval over groups, for models with at least `least_rows` rows of
    known class. It fires where the gap is at least `least_gap` and its interval excludes 0. The family-wise
    error rate over all models and sets is 1 - `level` (Holm 1979), so that each interval is wider the more of them
    there are. Overconfidence is a warning, underconfidence a note.

    Why it matters: thresholds, rejections and statements such as "90 % certain" depend on it; a blend weighs models
    of different calibration wrongly.

    What to do: calibrate after the blend, fitted inside folds (methods such as "nnls+temperature"); train with less
    smoothing or fewer epochs. The order of the classes, and so the accuracy, hardly changes.

    Limits: a model may be overconfident on some classes and underconfident on others, which cancels out; the
    reliability curve in the report shows it.

    Example: `lite0 is overconfident: 93 % confident on average and right in 84 % of 4,130 rows (gap 0.09
    [0.07, 0.11]).`
    """
    found = _surely_off([p for p in evidence.predictions or () if _judgeable(p, least_rows)], 1 - level)
    off = [one for one in found if abs(one.gap.estimate) >= least_gap]
    for over in (True, False):
        same = sorted((o for o in off if (o.gap.estimate > 0) == over), key=lambda o: -abs(o.gap.estimate))
        if same:
            yield _found(same, over)


@dataclass(frozen=True)
class _Gap:
    """A model, its mean confidence, its accuracy, and their difference."""

    model: str
    sure: float
    right: float
    gap: Interval
    several: bool = False


def _judgeable(p: Predictions, least_rows: int) -> bool:
    return p.truth is not None and int(known(p.truth).sum()) >= least_rows


def _surely_off(every: Sequence[Predictions], alpha: float) -> list[_Gap]:
    """Return the significant gaps as one family: Holm's step-down procedure, by inverting intervals.

    With m models left, each is tested at alpha / m; after some are found, the rest are tested again at the less
    strict level of their smaller number.
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
    # `share` takes numbers in 0..1, the gap lies in -1..1: map it there, and its interval back.
    half = share((1 + sure - right) / 2, p, draws=1000, level=level)
    gap = replace(half, estimate=2 * half.estimate - 1, low=2 * half.low - 1, high=2 * half.high - 1)
    return _Gap(p.model or "unnamed", float(sure.mean()), float(right.mean()), gap, p.multi_label)


def _sure_and_right(rows: EvaluatedRows) -> tuple[Floats, Floats]:
    """Return (n,) confidence and correctness of the predicted class, or their means over a row's known labels."""
    if rows.several:
        surer = np.maximum(rows.probabilities, 1 - rows.probabilities)
        there = np.maximum(rows.known.sum(axis=1), 1)  # a label that is not known is neither right nor wrong
        right = (rows.held == rows.claimed) & rows.known
        return np.where(rows.known, surer, 0.0).sum(axis=1) / there, right.sum(axis=1) / there
    sure = rows.probabilities[np.arange(len(rows)), rows.predicted]
    return sure, (rows.predicted == rows.truth).astype(np.float64)


def _found(same: list[_Gap], over: bool) -> Found:
    worst = same[0]
    how = "overconfident" if over else "underconfident"
    others = f" Likewise {listing([one.model for one in same[1:]])}." if same[1:] else ""
    percent = f"{100 * worst.sure:.0f} % confident on average and right in {100 * worst.right:.0f} %"
    what = "the label cells of " if worst.several else ""
    low, high = sorted((abs(worst.gap.low), abs(worst.gap.high)))
    return Found(
        message=f"{worst.model} is {how}: {percent} of {what}{worst.gap.n:,} rows "
        f"(gap {abs(worst.gap.estimate):.2f} [{low:.2f}, {high:.2f}]).{others}",
        about=worst.model if len(same) == 1 else "",
        evidence={"gaps": {one.model: one.gap.document() for one in same}},
        severity="warning" if over else "note",
    )
