"""What a curve shows: where it rose for good, whether it was still improving, whether it ever moved.

A log has one value per epoch and no standard error, so the noise is estimated from the curve itself. Every answer
is for one curve of at least `LEAST` epochs, and None or False where the noise does not allow one. Long logs by step
are averaged first, so that windows hold epochs and not single steps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter

from evenhand.base.values import Floats

LEAST = 6
"""Fewest epochs from which a trend is read: with fewer, noise cannot be told from a trend."""
RISE_TIMES, RISE_SHARE, RISE_AFTER = 6.0, 0.05, 3
"""Thresholds of `rise`."""
GAIN_TIMES, GAIN_SHARE, GAIN_LEARNED = 3.0, 0.05, 0.03
"""Thresholds of `improvement`."""
SHORT, NEWEST_SHARE, NEWEST_TIMES = 12, 0.6, 2.0
"""Points from which on a quarter of a curve tells its end from its beginning; thresholds of shorter ones."""
FELL = 0.02
"""Share of its first value by which a loss falls at least where anything is learned."""
MOST = 240
"""Most points of a curve; more are averaged in equal bins."""
_NORMAL = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""


@dataclass(frozen=True)
class Rise:
    """A loss that rose for good.

    Attributes
    ----------
    at
        Position of the epoch after which it rose.
    best
        Position of the least loss.
    low, last
        The least loss, and the median of the last epochs.
    """

    at: int
    best: int
    low: float
    last: float

    @property
    def share(self) -> float:
        """How far it rose, as a share of the least loss."""
        return (self.last - self.low) / max(abs(self.low), 1e-12)


@dataclass(frozen=True)
class Improvement:
    """A curve that was still improving when it ended.

    Attributes
    ----------
    before, last
        Its level in the two windows at the end.
    epochs
        Epochs in each window.
    """

    before: float
    last: float
    epochs: int


def noise(values: Floats) -> float:
    """Return the standard deviation of (e,) values around a smooth curve, from their third differences.

    Third differences of a smooth curve are small, even of a steep one, and those of independent noise have twenty
    times its variance (Gasser, Sroka & Jennen-Steinmetz 1986 use the second, which a falling loss is too bent for).
    The median is used, so that single outliers do not count; where half of the differences are zero (figures of few
    rows move in steps), the root mean square is.

    >>> round(noise(np.array([1.0, 0.8, 0.6, 0.4, 0.2])), 9), round(noise(np.array([0.0, 1.0, 0.0, 1.0, 0.0])), 2)
    (0.0, 1.33)
    """
    third = np.diff(values, 3)
    if not len(third):
        return 0.0
    middle = _NORMAL * float(np.median(np.abs(third)))
    return (middle or float(np.sqrt(np.mean(third**2)))) / math.sqrt(20)


def _noise_of_means(values: Floats, window: int) -> float:
    """Return the standard deviation of the noise that means over a window have, times the root of its length.

    Of independent noise it is that of single values. Noise that carries over from epoch to epoch (few validation
    rows, weights that wander) averages out more slowly: by (1 + r) / (1 - r) in variance for a correlation r of
    neighbours, which `noise` cannot see in differences. Both are read off the residuals of a parabola through the
    last two windows (of a line where these hold fewer than ten values); the parabola takes some of the correlation
    with it, about 3 / n.
    """
    tail = values[-2 * window :]
    n = len(tail)
    degree = 2 if n >= 10 else 1
    at = np.linspace(-1, 1, n)
    rest = tail - np.polyval(np.polyfit(at, tail, degree), at)
    squares = float(rest @ rest)
    if squares <= 1e-24 * max(float(tail @ tail), 1e-300):
        return noise(values)
    r = float(rest[1:] @ rest[:-1]) / squares + (3.0 if degree == 2 else 1.5) / n
    r = min(max(r, 0.0), 0.8)
    single = max(noise(values), math.sqrt(squares / (n - 3)) if degree == 2 else 0.0)
    return single * math.sqrt((1 + r) / (1 - r))


def rise(
    values: Floats, *, times: float = RISE_TIMES, share: float = RISE_SHARE, after: int = RISE_AFTER
) -> Rise | None:
    """Return where a loss rose for good; None if it did not.

    Parameters
    ----------
    values
        (e,) losses, finite.
    times
        The rise exceeds so many standard deviations of the noise,
    share
        this share of the least loss, and two fifths of it of all that was learned before.
    after
        Fewest epochs after the least loss.
    """
    points, at = binned(values)
    if len(points) < LEAST:
        return None
    smooth = smoothed(points)
    best = steady_best(points)
    rest = len(points) - 1 - best
    if rest < after:
        return None
    low, spread = float(max(smooth[best], points[best])), noise(points)
    last = float(np.median(points[-min(rest, max(3, len(points) // 6)) :]))
    learned = float(smooth[: best + 1].max()) - low
    if not last - low > max(times * spread, share * abs(low), 0.4 * share * learned):
        return None
    # The bottom may be flat: the loss rose after the last epoch that was as good as the best.
    near = np.flatnonzero(smooth[best:] <= low + spread)[-1]
    return Rise(int(at[best + near]), int(at[best]), float(points[best]), last)


def improvement(
    values: Floats,
    *,
    higher_is_better: bool = False,
    times: float = GAIN_TIMES,
    share: float = GAIN_SHARE,
    learned: float = GAIN_LEARNED,
) -> Improvement | None:
    """Return the gain of the last quarter of a curve if it is one that further epochs may continue; else None.

    Parameters
    ----------
    values
        (e,) finite values of a loss, or of a metric whose best value is 1.
    times
        The gain exceeds so many standard errors of the noise,
    share
        this share of what is left to gain (the loss itself, or 1 less the metric),
    learned
        and this share of all that was gained since the first epoch; half of it in the second half of the quarter.

    With fewer than `SHORT` values, two windows reach back to the steep beginning, and every curve gains from one to
    the other. The last value alone must then be better than the one before: by `NEWEST_SHARE` of `share`, and by
    `NEWEST_TIMES` the noise.
    """
    points, at = binned(values)
    if len(points) < LEAST:
        return None
    error = 1 - points if higher_is_better else points
    window = max(3, len(points) // 4)
    smooth = smoothed(error)
    before, last = float(np.median(error[-2 * window : -window])), float(np.median(error[-window:]))
    gain, whole = before - last, float(smooth.max() - smooth.min())
    # Noise of a median of w values: that of their mean times pi/2 in variance; twice, as two are compared.
    sure = times * _noise_of_means(error, window) * np.sqrt(np.pi / window)
    newest = int(np.argmin(smooth)) >= len(points) - window
    # A curve that had flattened within the window has gained next to nothing in its second half.
    half = max(window // 2, 1)
    newly = float(np.mean(error[-window:-half])) - float(np.mean(error[-half:]))
    moving = newly > max(0.5 * learned * whole, 0.0)
    if len(points) < SHORT:
        least = max(NEWEST_SHARE * share * abs(float(error[-1])), NEWEST_TIMES * noise(error))
        moving = moving and float(error[-2] - error[-1]) > least
    if not (newest and moving and gain > max(sure, share * abs(before), learned * whole)):
        return None
    sign = 1.0 - before if higher_is_better else before, 1.0 - last if higher_is_better else last
    return Improvement(*sign, int(at[-1] - at[-1 - window]))


def flat(values: Floats, *, share: float = FELL, times: float = 3.0) -> bool:
    """Return whether a loss of three epochs or more never fell by `share` of its first value, or beyond noise."""
    points, _ = binned(values)
    if len(points) < 3:
        return False
    fall = float(points[0] - smoothed(points).min())
    return fall < max(share * abs(float(points[0])), times * noise(points) if len(points) >= LEAST else 0.0)


def settled_at(values: Floats, *, higher_is_better: bool = False) -> int:
    """Return the first position at which (e,) finite values are within two deviations of noise of their best."""
    points, at = binned(values)
    error = smoothed(-points if higher_is_better else points)
    return int(at[np.flatnonzero(error <= error.min() + 2 * noise(points))[0]])


def steady_best(values: Floats) -> int:
    """Return the position of the least of (e,) values that is no single outlier.

    >>> steady_best(np.array([1.0, 0.8, 0.1, 0.7, 0.6, 0.5, 0.6, 0.7]))
    5
    """
    smooth = smoothed(values)
    # Several running medians are equal around a minimum: the least value among them.
    return int(np.argmin(np.where(smooth <= smooth.min(), values, np.inf)))


def smoothed(values: Floats) -> Floats:
    """Return (e,) running medians of three values, which remove single outliers and keep steps."""
    return np.asarray(median_filter(values, size=3, mode="nearest"), dtype=np.float64)


def binned(values: Floats, most: int = MOST) -> tuple[Floats, Floats]:
    """Return at most `most` (b,) means of consecutive values, and (b,) the position of the last value of each."""
    if len(values) <= most:
        return np.asarray(values, dtype=np.float64), np.arange(len(values), dtype=np.float64)
    edges = np.linspace(0, len(values), most + 1).astype(int)
    sums = np.add.reduceat(np.asarray(values, dtype=np.float64), edges[:-1])
    return sums / np.diff(edges), (edges[1:] - 1).astype(np.float64)
