"""Preprocessing of signals: resampling, zero-phase band-pass, scaling, windows around R peaks."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy  # scipy.signal is imported where it is used: not by tasks, whose rows are stored

from evenhand.base.errors import DataError

Signal = npt.NDArray[np.float64]

ORDER = 2
"""Order of the Butterworth band-pass; run forwards and backwards, its slope is 24 dB per octave on either side."""


_MOST_SAMPLES = 500_000_000


def clean(values: Signal, rate: float, wanted: float, band: Sequence[float]) -> Signal:
    """Return (c, T') float64: the signals of a record, resampled and band-passed.

    Parameters
    ----------
    values
        (c, T) float64; missing samples are NaN and are interpolated linearly.
    rate, wanted
        Samples per second, before and after (`scipy.signal.resample_poly`, whose low-pass has no delay).
    band
        Edges in Hz of the zero-phase Butterworth band-pass (`scipy.signal.sosfiltfilt`); none if empty.

    Raises
    ------
    DataError
        If more than half of a signal is missing, or it is flat.
    """
    up, down = ratio(rate, wanted)
    if values.size * up > _MOST_SAMPLES * down:
        raise DataError(f"has {values.size:,} samples, too many to be resampled to {wanted:g} Hz")
    out = np.stack([_whole(row) for row in values])
    if up != down:
        out = scipy.signal.resample_poly(out, up, down, axis=1)
    if len(band):
        sections = _sections(tuple(band), wanted)
        # SciPy's own default, or what a short signal has
        room = min(3 * (2 * len(sections) + 1), out.shape[1] - 1)
        out = scipy.signal.sosfiltfilt(sections, out, axis=1, padlen=room)
    return np.asarray(out)


def ratio(rate: float, wanted: float, *, within: float = 1e-5, most: int = 10_000) -> tuple[int, int]:
    """Return whole numbers (up, down) whose ratio is wanted / rate.

    The ratio is exact if neither number exceeds `most`, otherwise within a relative error of `within`: the low-pass
    filter of the resampling is as long as the larger number.

    >>> ratio(360, 180), ratio(250, 180), ratio(100_000, 20)
    ((1, 2), (18, 25), (1, 5000))
    """
    exact = Fraction(wanted) / Fraction(rate)
    # the smaller of the two ratios: `limit_denominator` then bounds both numbers
    below = min(exact, 1 / exact)
    near = below.limit_denominator(most)
    while abs(near / below - 1) > within:
        most *= 2
        near = below.limit_denominator(most)
    few, many = near.numerator, near.denominator
    return (few, many) if exact <= 1 else (many, few)


def typical_size(values: Signal, peaks: npt.NDArray[np.int64], half: int) -> Signal:
    """Return (c,) the median over beats of the largest deviation within `half` samples of the R peak.

    It is robust to artefacts and to a minority of large beats, and 1 if there is nothing to measure.
    """
    inside = peaks[(peaks >= half) & (peaks < values.shape[1] - half)]
    if not len(inside):
        return np.ones(len(values))
    inside = inside[:: max(1, len(inside) // 1000)]
    around = np.abs(values[:, inside[:, None] + np.arange(-half, half + 1)])
    size = np.median(around.max(axis=2), axis=1)
    return np.where(size > 1e-9, size, 1.0)


def windows(values: Signal, peaks: npt.NDArray[np.int64], before: int, after: int) -> npt.NDArray[np.float32]:
    """Return (b, c, before + after) float32 windows around peaks; beyond the record its end values are repeated."""
    padded = np.pad(values, ((0, 0), (before, after)), mode="edge").astype(np.float32)
    views = np.lib.stride_tricks.sliding_window_view(padded, before + after, axis=1)
    return np.ascontiguousarray(views[:, np.clip(peaks, 0, values.shape[1] - 1)].transpose(1, 0, 2))


@lru_cache(maxsize=16)
def _sections(band: tuple[float, ...], rate: float) -> Signal:
    return np.asarray(scipy.signal.butter(ORDER, band, "bandpass", fs=rate, output="sos"))


def _whole(row: Signal) -> Signal:
    """Return a signal with gaps interpolated and its median subtracted."""
    known = np.isfinite(row)
    if len(row) < 2 or known.sum() < len(row) / 2:
        raise DataError("has a signal that is mostly missing")
    if not known.all():
        row = np.interp(np.arange(len(row)), np.flatnonzero(known), row[known])
    middle = row - np.median(row)
    if not np.abs(middle).max() > 0:
        raise DataError("has a signal that is flat from end to end")
    return np.asarray(middle)
