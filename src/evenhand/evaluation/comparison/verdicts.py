"""Verdicts on differences, corrected for multiple comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evenhand.base.values import Floats, Verdict, VerdictWord
from evenhand.evaluation.resampling.paired_interval import LEAST_GROUPS, LEAST_ROWS, Spread

WORTH_CARING = 0.005
"""The smallest relevant difference: half a point."""


@dataclass(frozen=True)
class Question:
    """One difference to be tested.

    Attributes
    ----------
    name, base
        The model and its baseline.
    metric
        Name of the metric.
    higher_is_better
        Whether a positive difference is good.
    spread
        The difference and its uncertainty.
    """

    name: str
    base: str
    metric: str
    higher_is_better: bool
    spread: Spread


def verdicts(
    questions: Sequence[Question], *, smallest: float = WORTH_CARING, level: float = 0.95
) -> list[Verdict]:
    """Return a verdict for each of a family of questions.

    The family-wise error rate, the chance of one or more wrong "better" or "worse", is at most 1 - `level` (Holm
    1979). Each difference gets its interval at the level at which it was tested: verdict and interval agree.

    Parameters
    ----------
    questions
        One family: everything from which a reader may select the best.
    smallest
        The smallest relevant difference, in the unit of the metrics (0.005 is half a point).
    level
        Of the family.
    """
    alphas, corrected = holm(np.array([one.spread.p for one in questions]), 1 - level)
    return [
        _verdict(one, smallest, float(alpha), float(p), level)
        for one, alpha, p in zip(questions, alphas, corrected, strict=True)
    ]


def holm(p: Floats, alpha: float = 0.05) -> tuple[Floats, Floats]:
    """Return (m,) the level at which each of m hypotheses is tested, and (m,) its adjusted p-value (Holm 1979).

    The smallest p is compared with alpha / m, the next with alpha / (m - 1), and so on; from the first that is
    not below, all others are tested at that one's level. Equal p share the level of the first of them, so that the
    order of the questions does not affect the result.

    >>> levels, corrected = holm(np.array([0.04, 0.001, 0.2]))
    >>> levels.round(4).tolist(), corrected.round(3).tolist()
    ([0.025, 0.0167, 0.025], [0.08, 0.003, 0.2])
    """
    m = len(p)
    order = np.argsort(p, kind="stable")
    step = alpha / np.arange(m, 0, -1)
    missed = np.flatnonzero(p[order] > step)
    if len(missed):
        step[missed[0] :] = step[missed[0]]
    # `searchsorted` returns the first of equal p, whose level all of them share.
    step = step[np.searchsorted(p[order], p[order])]
    levels, corrected = np.empty(m), np.empty(m)
    levels[order] = step
    # The running maximum: an adjusted p is never below that of a hypothesis tested before it.
    corrected[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(m, 0, -1)), 1.0)
    return levels, corrected


def _verdict(one: Question, smallest: float, alpha: float, p: float, level: float) -> Verdict:
    # At the level of the test, not at `level`: an interval must not exclude 0 where Holm's test does not.
    interval = one.spread.interval(1 - alpha)
    word = _word(one, interval.low, interval.high, smallest)
    detectable = one.spread.detectable(1 - alpha)
    # No difference is larger than the bounds of the metric allow; beyond them, none at all would be detected.
    possible = max(abs(end) for end in one.spread.bounds)
    summary = _summary(one, word, interval.low, interval.high, detectable, possible, smallest)
    return Verdict(
        word=word,
        name=one.name,
        base=one.base,
        metric=one.metric,
        difference=interval,
        detectable=detectable if detectable <= possible or np.isnan(detectable) else np.inf,
        smallest=smallest,
        p=p,
        summary=summary,
        enough=one.spread.enough,
        higher_is_better=one.higher_is_better,
    )


def _word(one: Question, low: float, high: float, smallest: float) -> VerdictWord:
    if not one.spread.enough:
        return "too few to tell"
    if low > 0 or high < 0:
        return "better" if (low > 0) == one.higher_is_better else "worse"
    return "no difference found" if -smallest <= low and high <= smallest else "too few to tell"


def _summary(
    one: Question, word: str, low: float, high: float, detectable: float, possible: float, smallest: float
) -> str:
    by = one.spread.estimate
    head = f"{one.name} against {one.base}, {one.metric}"
    if not np.isfinite(by):
        return f"{head}: cannot be estimated on these rows."
    figure = f"{by:+.4f} [{low:+.4f}, {high:+.4f}]"
    if word in ("better", "worse"):
        small = abs(by) < smallest
        return f"{head}: {word} by {figure}{', less than the smallest relevant difference' if small else ''}."
    if word == "no difference found":
        return f"{head}: no difference found, {figure} lies within ±{smallest:g}."
    if not one.spread.enough:
        return f"{head}: too few to tell, {_too_few(one.spread)} ({figure})."
    if detectable > possible:
        return f"{head}: too few to tell, {figure}; this much data would show no difference, not even {possible:g}."
    return f"{head}: too few to tell, {figure}; this much data would show {detectable:.4f}."


def _too_few(spread: Spread) -> str:
    on = spread.on
    if on.grouped and on.effective < LEAST_GROUPS:
        return f"about {on.effective:.1f} groups decide and at least {LEAST_GROUPS:.0f} are needed"
    if on.rows < LEAST_ROWS:
        return f"about {on.rows:.0f} rows decide and at least {LEAST_ROWS:.0f} are needed"
    return spread.unseen.why
