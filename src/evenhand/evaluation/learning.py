"""What learning adds to how far a figure may lie from the truth: other rows would have taught other weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from evenhand.base.values import Interval
from evenhand.evaluation.spread import Spread


@dataclass(frozen=True)
class Learning:
    """How far a figure moves with the rows that weights, thresholds and the like were learned from.

    Attributes
    ----------
    error
        The standard error that this adds; 0 for what learns nothing.
    freedom
        Degrees of freedom of `error`.
    """

    error: float = 0.0
    freedom: float = np.inf

    def widened(self, own: Interval, lowest: float, ceiling: float) -> Interval:
        """Return an interval with this error in it, on each side apart: squares add up."""
        if self.error <= 0 or not np.isfinite(own.estimate):
            return own
        reach = float(stats.t.ppf(0.5 + own.level / 2, self.freedom) * self.error)
        low = max(own.estimate - float(np.hypot(own.estimate - own.low, reach)), lowest)
        high = min(own.estimate + float(np.hypot(own.high - own.estimate, reach)), ceiling)
        return replace(
            own, low=min(low, own.low), high=max(high, own.high), how=f"{own.how}, and over what is learned"
        )

    def added(self, own: Spread) -> Spread:
        """Return a spread with this error in it; its degrees of freedom after Satterthwaite (1946)."""
        if self.error <= 0 or own.error <= 0:
            return own
        square, more = own.error**2, self.error**2
        freedom = (square + more) ** 2 / (square**2 / own.freedom + more**2 / self.freedom)
        return replace(own, error=float(np.sqrt(square + more)), freedom=float(freedom))


def learning(figures: Sequence[float]) -> Learning:
    """Return what learning adds, by the jackknife over folds (Quenouille 1956; Tukey 1958).

    Parameters
    ----------
    figures
        The figure of all rows under what was learned without each of the f folds.
    """
    there = np.array([one for one in figures if np.isfinite(one)])
    if len(there) < 2:
        return Learning()
    f = len(there)
    return Learning(float(np.sqrt((f - 1) * there.var())), f - 1.0)
