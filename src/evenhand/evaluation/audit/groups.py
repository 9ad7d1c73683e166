"""The accuracy of each group, or part by a column, against the accuracy expected for its classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from scipy import stats

from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import Floats, Ints, Mask, Predictions, Strings
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows, rows_of
from evenhand.evaluation.core.row_sums import ratio
from evenhand.evaluation.figures.evaluate import labelled
from evenhand.evaluation.figures.row_share import right_rows

Verdict = Literal["below", "as expected", "too few to tell"]

LEAST = 8
"""With fewer rows a group gets no verdict: its rows often show the same object, right or wrong together."""
LEAST_UNITS = 5.0
"""With fewer effective groups (Kish 1965) a part that consists of groups gets no verdict."""


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
        Share of correct rows, with the exact binomial interval (Clopper & Pearson 1934) at the simultaneous level
        of all groups with enough rows (Bonferroni). For a part that consists of groups, with its effective number
        of rows (Korn & Graubard 1998).
    expected
        The mean, over the group's rows, of the accuracy on the rows of the same class in other groups.
    verdict
        "below": the interval lies below the expectation, by however little. "as expected": the interval contains
        the expectation and excludes a gap of `gap`. "too few to tell": neither, or fewer than `LEAST` rows.
    groups
        How many groups a part consists of; None where it is a group, or rows are independent.
    """

    name: str
    n: int
    accuracy: float
    low: float
    high: float
    expected: float
    verdict: Verdict
    groups: int | None = None

    @property
    def gap(self) -> float:
        """How far it lies below what is expected, in shares of rows."""
        return self.expected - self.accuracy

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return dict(vars(self))


def group_figures(
    p: Predictions,
    groups: Strings | None = None,
    *,
    units: Strings | None = None,
    gap: float = 0.1,
    level: float = 0.95,
) -> list[GroupFigure]:
    """Return every group, the one farthest below its expectation first; an empty list where there are no groups.

    A group with hard classes is expected to have a lower accuracy than the mean, and is compared with that
    expectation. Groups with too few rows come last.

    Parameters
    ----------
    p
        Predictions with truth.
    groups
        (n,) groups of the rows of `p`, or parts by any column; by default `p.named_groups`.
    units
        (n,) clusters within the parts, such as patients within a hospital; None where rows are independent. A part
        that is one cluster is evaluated by its rows.
    gap
        The smallest relevant difference of accuracies.
    level
        Simultaneous coverage of the intervals of all groups with enough rows.
    """
    groups = p.named_groups if groups is None else groups
    if groups is None:
        return []
    inside = labelled(replace(p, groups=np.asarray(groups, dtype=object)))
    known = inside if units is None else labelled(replace(p, groups=np.asarray(units, dtype=object)))
    assert inside.groups is not None
    assert known.groups is not None
    rows = rows_of(inside)
    names, number = unique_names(inside.groups)
    of_unit = None if units is None else unique_names(known.groups)[1]
    right, n, expected = right_and_expected(rows, number, len(names))
    worth, count, effective = _effective_rows(right_rows(rows), number, of_unit, right, n)
    accuracy = right / n
    enough = (n >= LEAST) & (effective >= LEAST_UNITS)
    # The level is shared among the groups that can be decided; small ones would only widen the intervals of the
    # others.
    low, high = exact_interval(accuracy * worth, worth, 1 - (1 - level) / max(1, int(enough.sum())))
    found = [
        GroupFigure(
            str(name), int(n[g]), float(accuracy[g]), float(low[g]), float(high[g]), float(expected[g]),
            _verdict(bool(enough[g]), low[g], high[g], expected[g], gap), None if count is None else int(count[g]),
        )
        for g, name in enumerate(names)
    ]  # fmt: skip
    small = dict(zip(names, ~enough, strict=True))
    return sorted(found, key=lambda group: (bool(small[group.name]), -group.gap, group.name))


def _effective_rows(
    correct: Mask, number: Ints, units: Ints | None, right: Floats, n: Floats
) -> tuple[Floats, Ints | None, Floats]:
    """Return (g,) effective rows of each part, its number of units, and its effective number of units.

    Rows of one unit are correlated. The variance of a part's accuracy over its units (Cochran 1977, ratio
    estimator) gives the equivalent number of independent rows; Student's quantile with few units reduces it further
    (Korn & Graubard 1998). A part that is all right or all wrong shows no variance: there the design effect pooled
    over all parts is used.
    """
    g = len(n)
    if units is None:
        return n, None, np.full(g, np.inf)
    cells, at = np.unique(number * (int(units.max()) + 1) + units, return_inverse=True)
    part = cells // (int(units.max()) + 1)
    size, hit = np.bincount(at).astype(np.float64), np.bincount(at, weights=correct.astype(np.float64))
    count = np.bincount(part, minlength=g)
    if (count <= 1).all():  # every part is one unit, between which no variance can be estimated
        return n, None, np.full(g, np.inf)
    share = right / n
    off = np.bincount(part, weights=(hit - share[part] * size) ** 2, minlength=g)
    spread = n * share * (1 - share)
    pooled = max(1.0, off.sum() / spread.sum()) if spread.sum() > 0 else float((size**2).sum() / size.sum())
    own = np.where(spread > 0, off / np.maximum(spread, 1e-12) * count / np.maximum(count - 1, 1), pooled)
    tails = stats.t.ppf(0.975, np.maximum(count - 1, 1)) / stats.t.ppf(0.975, np.maximum(n - 1, 1))
    worth = n / np.maximum(own, 1.0) / np.maximum(tails, 1.0) ** 2
    return worth, count, n**2 / np.bincount(part, weights=size**2, minlength=g)


def right_and_expected(rows: EvaluatedRows, group: Ints, g: int) -> tuple[Floats, Floats, Floats]:
    """Return (g,) correct rows, (g,) rows, and (g,) the accuracy expected from the other groups.

    For a class that no other group has, the accuracy over all rows is used.

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
    """Return the limits of the exact binomial interval (Clopper & Pearson 1934).

    Not `scipy.stats.binomtest`, which takes whole numbers one by one: effective rows are fractions.

    >>> low, high = exact_interval(np.array([5.0]), np.array([5.0]), 0.95)
    >>> round(float(low[0]), 3), float(high[0])
    (0.478, 1.0)
    """
    tail = (1 - level) / 2
    low = np.where(right > 0, stats.beta.ppf(tail, np.maximum(right, 1e-9), n - right + 1), 0.0)
    high = np.where(right < n, stats.beta.ppf(1 - tail, right + 1, np.maximum(n - right, 1e-9)), 1.0)
    return low, high


def _verdict(enough: bool, low: float, high: float, expected: float, gap: float) -> Verdict:
    if not enough:
        return "too few to tell"
    if high < expected:
        return "below"
    return "as expected" if low > expected - gap else "too few to tell"


def summary_words(figures: Sequence[GroupFigure], *, word: str = "groups") -> str:
    """Return the number of groups below expectation, as expected, and with too few rows, as one sentence."""
    count = {verdict: sum(f.verdict == verdict for f in figures) for verdict in ("below", "too few to tell")}
    some = len(figures) - count["below"] - count["too few to tell"]
    return (
        f"Of {len(figures):,} {word}: {count['below']:,} below the accuracy expected for their classes, {some:,} "
        f"as expected, {count['too few to tell']:,} with too few rows to tell."
    )
