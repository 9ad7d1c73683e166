"""RR features: the RR interval of each beat relative to the long ones around it, and the regularity of the rhythm.

The classes of beats are not used: for a beat to be classified, those of its neighbours are unknown too. De Chazal,
O'Dwyer and Reilly 2004 (section II-D) compare an interval with local means and the mean of the record. If half of
the beats or more are early, as in runs of ectopic beats, those means describe the ectopic beats. Ectopic beats come
early, so the long intervals of a record (the upper tenth) belong to its basic rhythm whatever the share of ectopic
beats. In atrial fibrillation early beats carry no information; it shows in that no interval resembles one shortly
before, whereas in a repeating pattern (every second or third beat ectopic) one does.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

SHORTEST_S, LONGEST_S = 0.2, 4.0
"""Intervals outside are not RR intervals: a peak annotated twice, or beats that were not annotated."""
USUAL_S = 0.8
"""RR interval if none is known."""
LONG = (0.9,)
"""Quantiles of the intervals that represent the basic rhythm."""
REACH = (32, 100)
"""Beats before and after with which an interval is compared."""
CALM = (8, 32, 100)
"""Beats before and after over which the median change of the interval is taken."""
BACK = 3
"""Number of preceding intervals with which an interval is compared for its change; the most similar one counts."""
SEQUENCE = 2
"""Number of intervals before and after that are features themselves."""
MOST = 0.7
"""Bound of logarithms of ratios, about ln 2."""

SINGLE = (
    *(f"before/long{q:.0%}" for q in LONG),
    *(f"before/long{q:.0%} of ±{reach}" for reach in REACH for q in LONG),
    *(f"change of ±{reach}" for reach in CALM),
    "change",
    "before known",
    "after known",
)  # fmt: skip
"""Names of the features that are not a sequence."""


def names() -> tuple[str, ...]:
    """Return the names of the features.

    The sequence holds the intervals before the beat's interval ("rr-1" ends where that begins) and after it.

    >>> names()[-4:]
    ('rr-2', 'rr-1', 'rr+1', 'rr+2')
    """
    before = tuple(f"rr-{j}" for j in range(SEQUENCE, 0, -1))
    after = tuple(f"rr+{j}" for j in range(1, SEQUENCE + 1))
    return SINGLE + before + after


def rhythm(at_s: Values, apart: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Return (b, d) features of the rhythm around each of b beats; their names are `names()`.

    Parameters
    ----------
    at_s
        (b,) times of the beats of one record, seconds, ascending.
    apart
        (b,) bool, whether the distance to the beat before is not an RR interval, because of an episode in between.

    Returns
    -------
    array
        "before/long": natural logarithm of the interval before a beat over a quantile of the intervals, of the
        whole record or of the beats around. "change": logarithm of 0.01 + the median difference between logarithms
        of an interval and of the most similar of the three before it. "rr": logarithm of an interval divided by the
        one before the beat. Logarithms of ratios are clipped to a factor of 2. An unknown interval is replaced by
        the record's median.
    """
    interval = intervals(at_s, apart)
    known = np.isfinite(interval)
    usual = float(np.median(interval[known])) if known.any() else USUAL_S
    log = np.log(np.where(known, interval, usual))
    before, change = log[:-1], _least_change(log[:-1])
    against = [before - np.quantile(before, q) if len(before) else before for q in LONG]
    against += [before - part for reach in REACH for part in _quantiles(before, reach, LONG)]
    calm = [_quantiles(change, reach, (0.5,))[0] for reach in CALM]
    calm.append(np.full(len(before), np.median(change) if len(change) else 0.0))
    single = [*(_bounded(part) for part in against), *(np.log(part + 0.01) for part in calm), known[:-1], known[1:]]
    steps = (*range(-SEQUENCE, 0), *range(1, SEQUENCE + 1))
    around = [_bounded(_shifted(log, j) - before) for j in steps]
    return np.stack([*single, *around], axis=1).astype(np.float32)


def intervals(at_s: Values, apart: npt.NDArray[np.bool_]) -> Values:
    """Return (b + 1,) seconds: interval i ends at beat i, the last one begins at the last beat; NaN if unknown."""
    count = len(at_s)
    interval = np.full(count + 1, np.nan)
    interval[1:count] = np.diff(at_s)
    interval[:count][apart] = np.nan
    interval[(interval < SHORTEST_S) | (interval > LONGEST_S)] = np.nan
    return interval


def _least_change(log: Values) -> Values:
    """Return (b,) the distance of each logarithm from the most similar of the `BACK` before it."""
    apart = [
        np.abs(log - np.pad(log, (back, 0), mode="edge")[: len(log)]) for back in range(1, BACK + 1) if len(log)
    ]
    return np.asarray(np.min(apart, axis=0) if apart else log)


def _quantiles(x: Values, reach: int, shares: tuple[float, ...]) -> list[Values]:
    """Return (b,) quantiles over each value and `reach` values on either side; the ends are reflected."""
    if not len(x):
        return [x for _ in shares]
    padded = np.pad(x, reach, mode="reflect" if len(x) > reach else "edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    return list(np.quantile(around, shares, axis=1))


def _shifted(log: Values, by: int) -> Values:
    """Return (b,) the logarithm of the interval `by` beats after each beat's own, clamped at the ends."""
    count = len(log) - 1
    return log[np.clip(np.arange(count) + by, 0, count)]


def _bounded(ratio: Values) -> Values:
    return np.clip(ratio, -MOST, MOST)


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
