"""Confidence intervals and p-values of paired differences between figures on the same rows.

Measured in docs/explanation/nested-evaluation.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy  # scipy.optimize is imported where it is used: not by workers
from scipy import special

from evenhand.base.values import Floats, Interval, Ints
from evenhand.evaluation.core.metric import Measure
from evenhand.evaluation.resampling.intervals import Support, support
from evenhand.evaluation.resampling.resampling_units import Units, units_for
from evenhand.evaluation.resampling.unseen_errors import NOTHING, Hidden, hidden

LEAST_GROUPS = 5.0
"""Minimum of effective groups for a verdict: with fewer, intervals miss their nominal coverage."""
LEAST_ROWS = 10.0
"""Minimum of effective rows, likewise."""
LEAST_P = 1e-15
"""Lower limit of p where unseen errors are allowed for."""


@dataclass(frozen=True)
class Spread:
    """A difference and its uncertainty.

    Attributes
    ----------
    estimate
        The difference.
    error
        Its standard error; 0 where the two are the same on every row that counts.
    freedom
        Degrees of freedom of `error`.
    on
        The sample size behind it.
    bounds
        The smallest and the largest possible difference.
    unseen
        The possible effect of unseen rows.
    """

    estimate: float
    error: float
    freedom: float
    on: Support
    bounds: tuple[float, float] = (-1.0, 1.0)
    unseen: Hidden = NOTHING

    @property
    def enough(self) -> bool:
        """Whether groups, rows and classes are enough for a verdict."""
        groups = not self.on.grouped or self.on.effective >= LEAST_GROUPS
        return bool(groups and self.on.rows >= LEAST_ROWS and np.isfinite(self.estimate) and not self.unseen.why)

    @property
    def p(self) -> float:
        """Two-sided p-value: the level at which the interval ends at 0."""
        size = abs(self.estimate)
        if not np.isfinite(self.estimate) or self.error <= 0:
            return 1.0
        least = float(2 * special.stdtr(self.freedom, -size / self.error))
        if not self.unseen:
            return least
        start = float(np.log(max(least, LEAST_P)))

        def over(at: float) -> float:
            """Return the half width at the level 1 - exp(`at`) minus the difference."""
            return self._reach(float(np.exp(at))) - size

        if over(start) <= 0:
            return float(np.exp(start))
        return 1.0 if over(0.0) >= 0 else float(np.exp(scipy.optimize.brentq(over, start, 0.0, xtol=1e-9)))

    def reach(self, level: float) -> float:
        """Return half the width of the interval at `level`.

        If nothing differs on g rows or groups, a share of up to 1 - (1 - level)^(1/g) could (about 3/g).
        """
        return self._reach(1 - level)

    def _reach(self, alpha: float) -> float:
        """Return half the width of the interval at the level 1 - `alpha`."""
        if self.error > 0:
            own = float(-special.stdtrit(self.freedom, alpha / 2) * self.error)
        else:
            # A share s of differing units stays unseen in g of them with the chance (1 - s)^g.
            own = float(1 - alpha ** (1 / max(self.on.effective, 1.0))) * min(max(map(abs, self.bounds)), 1.0)
        return self.unseen.widened(own, alpha)

    def interval(self, level: float) -> Interval:
        """Return the interval at `level`, clipped to the bounds."""
        if not np.isfinite(self.estimate):
            return Interval(np.nan, np.nan, np.nan, self.on.n, self.on.groups, level, self.how)
        half = self.reach(level)
        low, high = max(self.estimate - half, self.bounds[0]), min(self.estimate + half, self.bounds[1])
        return Interval(self.estimate, low, high, self.on.n, self.on.groups, level, self.how)

    def detectable(self, level: float, power: float = 0.8) -> float:
        """Return the minimum detectable difference at a given power."""
        if self.error <= 0:
            return self.reach(level)
        return float(self.reach(level) + special.stdtrit(self.freedom, power) * self.error)

    def reversed(self) -> Spread:
        """Return the spread of the opposite difference, b - a of a - b; its p and its half widths are the same."""
        # 0 - x, since -x would turn 0 into -0; `unseen` counts both sides alike and has no sign.
        low, high = self.bounds
        return replace(self, estimate=0.0 - self.estimate, bounds=(0.0 - high, 0.0 - low))

    @property
    def how(self) -> str:
        """The method of the interval, for readers."""
        over = "groups" if self.on.grouped else "rows"
        rare = ", allowing for unseen errors in rare classes" if self.unseen else ""
        return f"paired bootstrap over {over}, Student's t with {self.freedom:.0f} degrees of freedom{rare}"


def spread(one: Measure, groups: Ints | None, replicates: Floats) -> Spread:
    """Return the uncertainty of a difference.

    The standard error is the larger of the bootstrap's and the jackknife's over groups (rows without groups): with
    few groups of unequal size the first is too small (MacKinnon, Nielsen & Webb 2023). It is used with Student's
    quantile. Its degrees of freedom are those of the effective number of groups (Kish 1965) or, if fewer, those
    estimated from the jackknife values (Satterthwaite 1946): if two models differ in six rows of a thousand, six
    rows decide. Unseen errors in rare classes are added in quadrature (see `hidden`).

    Parameters
    ----------
    one
        A measure that is a difference (see `differences.difference`).
    groups
        (n,) group numbers 0..g-1, or None.
    replicates
        (b,) its bootstrap replicates.
    """
    on = support(one.base(), groups)
    there = replicates[np.isfinite(replicates)]
    variance = float(there.var()) if len(there) > 1 else 0.0
    freedom = max(on.effective - 1, 1.0)
    estimate = one.estimate()
    if (left_out := without_each(one, units_for(one.features, groups))) is not None:
        values, times = left_out
        shift = np.nan_to_num(values - estimate)
        count = float(times.sum())
        squares, fourths = float(times @ shift**2), float(times @ shift**4)
        # Jackknife values lie closer together than samples do, hence the factor instead of a division by count -
        # 1.
        variance = max(variance, (count - 1) / count * squares)
        freedom = min(freedom, _satterthwaite(squares, fourths, count))
    # Below that it is rounding, and the two are the same on every row: `_reach` has a rule for that.
    error = float(np.sqrt(variance)) if variance > 1e-18 else 0.0
    return Spread(estimate, error, freedom, on, one.metric.bounds, hidden(one, groups))


def without_each(one: Measure, units: Units, *, most: float = 1e8) -> tuple[Floats, Floats] | None:
    """Return (u,) the measure with each unit left out (jackknife), and (u,) the number of units of its kind.

    None if that would take more than about `most` operations, or if there is only one unit.
    """
    q = one.features.shape[1]
    if q * units.count > most or units.draws < 2:
        return None
    own = one.features.by_unit(units.of_row, units.count)
    # Units of the same kind are left out once and counted as often as they occur.
    times = np.ones(units.count) if units.probabilities is None else np.round(units.probabilities * units.draws)
    total = np.asarray(own @ times)[:, None]
    step = max(1, 2**21 // q)
    parts = [
        one.value(one.features.finish(total - own[:, start : start + step].toarray()))
        for start in range(0, units.count, step)
    ]
    return np.concatenate(parts), times


def _satterthwaite(squares: float, fourths: float, count: float) -> float:
    """Return the degrees of freedom of a sum of `count` squares from their own spread, less one."""
    spread_of_squares = fourths - squares**2 / count
    return max(2 * squares**2 / spread_of_squares - 1, 1.0) if spread_of_squares > 1e-30 else np.inf
