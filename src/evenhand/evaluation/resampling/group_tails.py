"""How far the variance of a figure over groups is itself uncertain, from what each group contributes to it.

A standard error over 50 groups has 49 degrees of freedom only if the groups contribute alike. If the ten errors of
a thousand rows lie in a few of them, these groups decide the variance as well as the figure: a sample without them
shows few errors and, at the same time, a small variance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenhand.base.values import Floats, Ints
from evenhand.evaluation.core.metric import Measure
from evenhand.evaluation.core.row_sums import as_they_are

MOST_SUMS = 128
"""Most sums of a metric whose slopes are computed, at two evaluations each: an eighth of a bootstrap."""


@dataclass(frozen=True)
class GroupTails:
    """What few groups with large contributions add to the uncertainty of a figure.

    Attributes
    ----------
    excess
        Excess kurtosis of the sum of contributions beyond that of independent rows; 0 for contributions that are
        alike, 1 where one group decides.
    pair
        The variance that one more pair of deciding rows in the same group would add.
    """

    excess: float = 0.0
    pair: float = 0.0

    def freedom(self, effective: float) -> float:
        """Return the degrees of freedom of a variance over `effective` groups.

        A sum S of squares has the variance S² (2/(g - 1) + excess), and a chi-square distribution with f degrees of
        freedom 2/f of its squared mean (Satterthwaite 1946; with the excess kurtosis, Box 1953).
        """
        return 2 / (2 / (effective - 1) + self.excess) if self.excess > 0 else effective - 1


ALIKE = GroupTails()
"""For rows without groups, and where contributions are not known: rankings, and counts of more than 42 classes."""


def group_tails(one: Measure, statistics: Floats, groups: Ints | None, effective: float) -> GroupTails:
    """Return how the contributions of groups to a figure are distributed.

    The excess is Σz⁴/(Σz²)² over the contributions z of groups, minus 3/g, its value for normal ones, and minus the
    same quotient over rows: rare errors are not a sign of groups that differ, and Wilson's and gamma limits allow
    for them. One pair of rows in the same group, with the mean square of the rows that decide, is added to Σz²:
    three errors in three groups do not show that errors never come together (as in `unseen_errors`). The pair
    counts less the fewer rows decide, and not at all if one does.

    Parameters
    ----------
    one
        The measure.
    statistics
        (r, 1) of all rows.
    groups
        (n,) group numbers, or None.
    effective
        Effective number of groups.
    """
    if groups is None or effective <= 1 + 1e-9 or one.metric.of_groups:
        return ALIKE
    rows = _of_rows(one, statistics)
    if rows is None:
        return ALIKE
    z: Floats = np.asarray(np.bincount(groups, weights=rows), dtype=np.float64)
    share, squares = _peak(rows), float(rows @ rows)
    base = one.base()
    size = np.bincount(groups, weights=base)
    # Rows that share their group with fewer than one other, on average, can hardly come in pairs.
    alike = min(float(size @ size) / max(float(base @ base), 1e-300) - 1, 1.0)
    pair = 2 * share * (1 - share) * squares * max(alike, 0.0)
    total = float(z @ z)
    if total <= 1e-14:  # rounding: a perfect figure
        return ALIKE
    peak = _peak(z) * (total / (total + pair)) ** 2
    return GroupTails(max(peak - 3 / effective - share, 0.0), pair)


def _of_rows(one: Measure, statistics: Floats) -> Floats | None:
    """Return (n,) what each row adds to the figure, to first order; None where it is not a function of few sums."""
    features = one.features
    q = features.shape[1]
    if features.finish is not as_they_are or q > MOST_SUMS:
        return None
    # Large enough not to be lost in rounding, small enough for the slope.
    step = 1e-4 * np.maximum(statistics[:, 0], 1.0)
    up, down = (one.value(statistics + np.diag(by)) for by in (step, -step))
    slope = np.nan_to_num((up - down) / (2 * step))
    entries = slope[features.column] if features.value is None else slope[features.column] * features.value
    return np.asarray(np.bincount(features.row, weights=entries, minlength=features.shape[0]))


def _peak(values: Floats) -> float:
    """Return Σx⁴ / (Σx²)²: one over the number of values that decide."""
    squares = values * values
    total = float(squares.sum())
    return float(squares @ squares) / total**2 if total > 1e-30 else 0.0
