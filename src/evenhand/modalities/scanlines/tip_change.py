"""The line of a scan at which the tip changed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import DataError
from evenhand.base.values import Floats

LEAST_LINES = 8
"""Fewer scanned lines show no before and after."""

# Weight of each measure of `_measures`, in its order. Fitted by conditional logistic regression (McFadden 1974) on
# 893 simulated scans with one change each (benchmarks/tip_change.py, seeds 101 to 105), none below 0: more of a
# measure must never speak against a line, however much it is. On 345 scans of seeds 201 and 202 the line found is
# within 3 of the true one in 93 %.
_SPECTRA = (0.520, 0, 0.091, 0.074, 0, 0.162)  # how they change over 4 lines, 10 lines, all lines
_LEVEL = (0.952, 1.114, 0, 2.425, 0, 0.764)  # its step to the line before, over 3 lines, 8 lines
_LIKENESS = (1.016, 1.800, 0.368, 0.664, 0, 0)  # of neighbours, over 3 lines, 6 lines
_CONTRAST = (0.088,)
_WEIGHTS: Floats = np.array([*_SPECTRA, *_LEVEL, *_LIKENESS, *_CONTRAST])


@dataclass(frozen=True, eq=False)
class TipChange:
    """Where a tip changed, given that it changed once.

    Attributes
    ----------
    line
        The first line scanned with the new tip, counted from 0 in the order of time.
    probabilities
        (l,) float64 probability of each line of being that line; they sum to 1, and are 0 for the first line and
        for lines that were not scanned. How far they are spread says how sure the line is.
    """

    line: int
    probabilities: Floats

    def __repr__(self) -> str:
        return f"TipChange(line {self.line}, probability {self.probabilities[self.line]:.2f})"


def find_tip_change(heights: npt.ArrayLike) -> TipChange:
    """Return the line at which the tip changed in a scan of which it is known that it did.

    Every line is measured against those before and after it: the step of its level, how spectra of lines differ
    (a generalised likelihood ratio of a change in mean, Siegmund and Venkatraman 1995, over windows of 4 and 10
    lines and the whole scan), and how little the mean of some lines before resembles that of some after.

    Parameters
    ----------
    heights
        (l, w) heights in any unit, lines in the order of time, as recorded (not flattened); lines that hold NaN
        were not scanned.

    Raises
    ------
    DataError
        If it is not a matrix, or fewer than 8 lines of 8 values were scanned.
    """
    values = np.asarray(heights, dtype=np.float64)
    if values.ndim != 2:
        raise DataError(f"A scan is a matrix of lines and values; found an array of {values.ndim} dimensions.")
    scanned = np.flatnonzero(np.isfinite(values).all(axis=1))
    if len(scanned) < LEAST_LINES or values.shape[1] < LEAST_LINES:
        raise DataError(
            f"{len(scanned)} lines of {values.shape[1]} values were scanned; a change of the tip is looked for in "
            f"scans of at least {LEAST_LINES} lines of {LEAST_LINES} values."
        )
    evidence = _measures(values[scanned]) @ _WEIGHTS
    share = np.exp(evidence - evidence.max())
    probabilities = np.zeros(len(values))
    probabilities[scanned[1:]] = share / share.sum()
    return TipChange(int(probabilities.argmax()), probabilities)


def _measures(values: Floats) -> Floats:
    """Return (l - 1, 19) measures of a change between each line and the one before."""
    lines = len(values)
    flat, level = _flattened(values), np.median(values, axis=1)
    bands = _bands(flat)
    noise = _deviation(np.diff(bands, axis=0)) / np.sqrt(2)
    standard = np.clip((bands - np.median(bands, axis=0)) / noise, -5, 5)
    out: list[Floats] = []
    for reach in (4, 10, lines):
        difference, weight = _before_and_after(standard, reach)
        out += _both((difference**2).mean(axis=1) * weight)
    steps = np.diff(level)
    drift, spread = np.median(steps), _deviation(steps)
    out += _both(np.abs(steps - drift) / spread)
    for reach in (3, 8):
        difference, _ = _before_and_after((level - drift * np.arange(lines))[:, None], reach)
        out += _both(np.abs(difference[:, 0]) / spread)
    shapes = flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-9)
    out += _both(_drop((shapes[1:] * shapes[:-1]).sum(axis=1)))
    for reach in (3, 6):
        before, after = _sums(shapes, reach)
        alike = (before * after).sum(axis=1)
        out += _both(_drop(alike / (np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1) + 1e-9)))
    contrast = np.diff(np.log(flat.std(axis=1) + 1e-9))
    out.append(np.log1p(np.minimum(np.abs(contrast) / _deviation(contrast), 20)))
    return np.stack(out, axis=1)


def _flattened(values: Floats) -> Floats:
    """Return (l, w) values less a straight line fitted to each line."""
    along = np.linspace(-1.0, 1.0, values.shape[1])
    flat = values - values.mean(axis=1, keepdims=True)
    return np.asarray(flat - np.outer(flat @ along / (along @ along), along))


def _bands(flat: Floats) -> Floats:
    """Return (l, b) logarithms of the power of each line in up to eight bands, of equal ratio of their ends."""
    width = flat.shape[1]
    power = np.abs(np.fft.rfft(flat * np.hanning(width), axis=1)) ** 2
    ends = np.unique(np.round(np.geomspace(1, width // 2, 9)).astype(int))
    each = [power[:, low : max(low + 1, high)].mean(axis=1) for low, high in pairwise(ends)]
    mean = np.stack(each, axis=1)
    return np.asarray(np.log(mean + 1e-12 * max(mean.max(), 1e-300)))


def _sums(x: Floats, reach: int) -> tuple[Floats, Floats]:
    """Return (l - 1, d) sums of up to `reach` lines before each change and from it on."""
    total = np.concatenate([np.zeros((1, x.shape[1])), np.cumsum(x, axis=0)])
    at = np.arange(1, len(x))
    return total[at] - total[np.maximum(0, at - reach)], total[np.minimum(len(x), at + reach)] - total[at]


def _before_and_after(x: Floats, reach: int) -> tuple[Floats, Floats]:
    """Return (l - 1, d) differences of means before and after each change, and (l - 1,) their precision."""
    at = np.arange(1, len(x))
    before, after = np.minimum(at, reach), np.minimum(len(x) - at, reach)
    first, second = _sums(x, reach)
    return first / before[:, None] - second / after[:, None], before * after / (before + after)


def _drop(alike: Floats) -> Floats:
    """Return by how many robust deviations likenesses lie below their median, 0 to 20."""
    return np.asarray(np.clip((np.median(alike) - alike) / _deviation(alike), 0, 20))


def _both(x: Floats) -> list[Floats]:
    """Return a measure on a logarithmic scale up to 20, and as a share of its largest value in the scan."""
    return [np.log1p(np.minimum(x, 20)), x / max(float(x.max()), 1e-9)]


def _deviation(x: Floats) -> Floats:
    """Return the robust standard deviation over lines: 1.4826 times the median absolute deviation."""
    return np.asarray(1.4826 * np.median(np.abs(x - np.median(x, axis=0)), axis=0) + 1e-9)
