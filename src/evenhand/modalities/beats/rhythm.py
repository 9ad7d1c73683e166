"""The rhythm around each beat: RR intervals against what is usual nearby and in the whole record.

Nothing here looks at the class of a beat: at a beat to be classified, the classes of its neighbours are not
known either. De Chazal, O'Dwyer and Reilly 2004 (section II-D) use pre-, post-, local and average RR; these are
the same as logarithms of ratios, which do not depend on the heart rate.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

SHORTEST_S, LONGEST_S = 0.2, 3.0
"""Intervals outside are no RR: a peak marked twice, or beats that were not marked."""
LOCAL = 10
"""Intervals around a beat whose median is what is usual nearby."""
USUAL_S = 0.8
"""RR interval where none is known, and the middle of the feature `record`."""

SINGLE = (
    "before/local", "after/local", "before/record", "after/record", "after/before", "local/record", "record",
    "before known", "after known",
)  # fmt: skip
"""Names of the features that are not a sequence."""


def names(neighbours: int) -> tuple[str, ...]:
    """Return the d = 9 + 2 * neighbours names of the features.

    The sequence is that of the intervals before the beat ("rr-1" ends at it) and after it ("rr+1" begins).

    >>> names(1)[-3:]
    ('after known', 'rr-1', 'rr+1')
    """
    before = tuple(f"rr-{j}" for j in range(neighbours, 0, -1))
    after = tuple(f"rr+{j}" for j in range(1, neighbours + 1))
    return SINGLE + before + after


def rhythm(at_s: Values, apart: npt.NDArray[np.bool_], neighbours: int) -> npt.NDArray[np.float32]:
    """Return (b, d) features of the rhythm around each of b beats.

    Parameters
    ----------
    at_s
        (b,) when the beats of one record come, seconds, rising.
    apart
        (b,) whether something lies between a beat and the one before it that makes their distance no RR.
    neighbours
        Intervals on either side in the sequence.

    Returns
    -------
    array
        Natural logarithms of ratios, clipped to [-2, 2]: 0 where an interval is not known. `record` is the
        record's median RR in seconds less 0.8; "known" is 1 or 0.
    """
    count = len(at_s)
    interval = np.full(count + 1, np.nan)  # interval[i] ends at beat i
    interval[1:count] = np.diff(at_s)
    interval[:count][apart] = np.nan
    interval[(interval < SHORTEST_S) | (interval > LONGEST_S)] = np.nan
    usual = float(np.nanmedian(interval)) if np.isfinite(interval).any() else USUAL_S
    local = _local(interval, usual)
    before, after = interval[:-1], interval[1:]
    single = [
        _log(before, local), _log(after, local), _log(before, usual), _log(after, usual), _log(after, before),
        _log(local, usual), np.full(count, usual - USUAL_S), np.isfinite(before), np.isfinite(after),
    ]  # fmt: skip
    around = [
        _log(_shifted(interval, j, count), usual) for j in (*range(1 - neighbours, 1), *range(1, neighbours + 1))
    ]
    return np.stack([*single, *around], axis=1).astype(np.float32)


def _local(interval: Values, usual: float) -> Values:
    """Return (b,) the median of the known ones among the `LOCAL` intervals around each beat."""
    half = LOCAL // 2
    padded = np.concatenate([np.full(half, np.nan), interval, np.full(half, np.nan)])
    around = np.lib.stride_tricks.sliding_window_view(padded, LOCAL)[1 : len(interval)]
    known = np.isfinite(around)
    ordered = np.sort(np.where(known, around, np.inf), axis=1)
    held = known.sum(axis=1)
    low, high = np.maximum(held - 1, 0) // 2, held // 2
    rows = np.arange(len(around))
    middle = np.where(held > 0, (ordered[rows, low] + ordered[rows, np.minimum(high, LOCAL - 1)]) / 2, usual)
    return np.asarray(middle, dtype=np.float64)


def _shifted(interval: Values, by: int, count: int) -> Values:
    """Return (b,) the interval that ends `by` beats after each beat."""
    place = np.arange(count) + by
    inside = (place >= 0) & (place <= count)
    return np.where(inside, interval[np.clip(place, 0, count)], np.nan)


def _log(part: Values, whole: Values | float) -> Values:
    ratio = np.log(part) - np.log(whole)
    return np.where(np.isfinite(ratio), np.clip(ratio, -2.0, 2.0), 0.0)


def near(count: int, neighbours: int, *, start: int = 0) -> npt.NDArray[np.int32]:
    """Return (b, 2m + 1) positions of the beats around each of a record's b beats, -1 beyond its ends.

    Parameters
    ----------
    start
        Position of the record's first beat.

    Examples
    --------
    >>> near(3, 1, start=10).tolist()
    [[-1, 10, 11], [10, 11, 12], [11, 12, -1]]
    """
    place = np.arange(count)[:, None] + np.arange(-neighbours, neighbours + 1)
    return np.where((place >= 0) & (place < count), place + start, -1).astype(np.int32)
