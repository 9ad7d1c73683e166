"""Groups one by one: how often each is right, what its classes would lead one to expect, and what that tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from scipy import stats

from evenhand.base.values import Floats, Ints, Predictions, Strings
from evenhand.evaluation.evaluate import judged
from evenhand.evaluation.features import ratio
from evenhand.evaluation.rows import Rows, rows_of
from evenhand.evaluation.shares import right_rows

Verdict = Literal["below", "as expected", "too few to tell"]

LEAST = 8
"""With fewer rows a group is not judged: its rows are often takes of one thing, right or wrong together."""


@dataclass(frozen=True)
class GroupFigure:
    """One group.

    Attributes
    ----------
    name
        The group.
    n
        Its rows with a known truth.
    accuracy, low, high
        Share of them that are right, with the exact binomial interval (Clopper & Pearson 1934) at the level that
        makes all groups hold together (Bonferroni).
    expected
        What the rest of the data has for the same classes: the mean, over the group's rows, of the share right
        among the rows of that class in other groups.
    verdict
        "below": the interval lies below what is expected and the gap is at least `gap`. "as expected": the interval
        rules such a gap out. "too few to tell": neither, or fewer than `LEAST` rows.
    """

    name: str
    n: int
    accuracy: float
    low: float
    high: float
    expected: float
    verdict: Verdict

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return dict(vars(self))


def group_figures(
    p: Predictions, groups: Strings | None = None, *, gap: float = 0.1, level: float = 0.95
) -> list[GroupFigure]:
    """Return every group, the one farthest below its expectation first; an empty list where there are no groups.

    A group that holds hard classes is expected to do worse than the mean, and is not blamed for it.

    Parameters
    ----------
    p
        Predictions with truth.
    groups
        (n,) groups of the rows of `p`; by default `p.groups`.
    gap
        A difference that is worth naming, in shares of rows.
    level
        How often all intervals are to hold at once.
    """
    groups = p.groups if groups is None else groups
    if groups is None:
        return []
    known = judged(_with(p, groups))
    assert known.groups is not None
    rows = rows_of(known)
    names, number = np.unique(known.groups.astype(str), return_inverse=True)
    right, n, expected = right_and_expected(rows, number, len(names))
    low, high = exact_interval(right, n, 1 - (1 - level) / len(names))
    accuracy = right / n
    found = [
        GroupFigure(str(name), int(n[g]), float(accuracy[g]), float(low[g]), float(high[g]), float(expected[g]),
                    _verdict(n[g], accuracy[g], low[g], high[g], expected[g], gap))
        for g, name in enumerate(names)
    ]  # fmt: skip
    return sorted(found, key=lambda group: (group.accuracy - group.expected, group.name))


def right_and_expected(rows: Rows, group: Ints, g: int) -> tuple[Floats, Floats, Floats]:
    """Return (g,) right rows, (g,) rows, and (g,) the share of right rows that the other groups lead one to expect.

    A class that no other group holds counts as it does over all rows.

    Parameters
    ----------
    group
        (n,) group numbers in 0..g-1.
    """
    correct = right_rows(rows).astype(np.float64)
    n = np.bincount(group, minlength=g).astype(np.float64)
    right = np.bincount(group, weights=correct, minlength=g).astype(np.float64)
    if rows.several:
        others = ratio(correct.sum() - right, len(rows) - n)
        return right, n, np.where(np.isnan(others), correct.mean(), others)
    cell = group * rows.k + rows.truth
    cells, at = np.unique(cell, return_inverse=True)
    in_cell, right_in_cell = np.bincount(at), np.bincount(at, weights=correct)
    of_class = cells % rows.k
    n_class = np.bincount(rows.truth, minlength=rows.k)
    right_class = np.bincount(rows.truth, weights=correct, minlength=rows.k)
    others = ratio(right_class[of_class] - right_in_cell, (n_class[of_class] - in_cell).astype(np.float64))
    others = np.where(np.isnan(others), correct.mean(), others)
    expected = np.bincount(cells // rows.k, weights=others * in_cell, minlength=g) / n
    return right, n, np.asarray(expected, dtype=np.float64)


def exact_interval(right: Floats, n: Floats, level: float) -> tuple[Floats, Floats]:
    """Return the ends of the exact binomial interval (Clopper & Pearson 1934).

    >>> low, high = exact_interval(np.array([5.0]), np.array([5.0]), 0.95)
    >>> round(float(low[0]), 3), float(high[0])
    (0.478, 1.0)
    """
    tail = (1 - level) / 2
    low = np.where(right > 0, stats.beta.ppf(tail, np.maximum(right, 1e-9), n - right + 1), 0.0)
    high = np.where(right < n, stats.beta.ppf(1 - tail, right + 1, np.maximum(n - right, 1e-9)), 1.0)
    return low, high


def _verdict(n: float, accuracy: float, low: float, high: float, expected: float, gap: float) -> Verdict:
    if n < LEAST:
        return "too few to tell"
    if high < expected and expected - accuracy >= gap:
        return "below"
    return "as expected" if low > expected - gap or high < expected else "too few to tell"


def summary_words(figures: Sequence[GroupFigure]) -> str:
    """Return how many groups are below, as expected, and too small to tell, as one sentence."""
    count = {verdict: sum(f.verdict == verdict for f in figures) for verdict in ("below", "too few to tell")}
    some = len(figures) - count["below"] - count["too few to tell"]
    return (
        f"Of {len(figures):,} groups: surely below what their classes lead one to expect {count['below']:,}, as "
        f"expected {some:,}, too few rows to tell {count['too few to tell']:,}."
    )


def _with(p: Predictions, groups: Strings) -> Predictions:
    return replace(p, groups=np.asarray(groups, dtype=object))
