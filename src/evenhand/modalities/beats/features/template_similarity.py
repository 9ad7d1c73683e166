"""Similarity of a beat to others of its record: to the resting beat, and to the beats before and after it.

An ectopic beat differs from the other beats of the same heart: in its P wave if it comes from the atria, in its QRS
complex if it comes from the ventricles. The normal shape differs from person to person, so that no network learns
it from other persons; the difference can be given as a feature.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Windows = npt.NDArray[np.float32]

PARTS_MS = {"qrs": (-80.0, 100.0), "p": (-260.0, -55.0), "t": (100.0, 480.0)}
"""Parts of a beat, in ms from the R peak; a part outside the window is not compared."""
RESTING = 0.85
"""Quantile of the record's intervals; beats after longer ones are resting beats, as ectopic beats come early."""
OTHERS = (-1, -2, 1)
"""Offsets of the beats that a beat is compared with."""
LEAST = 3
"""Fewest samples of a part that is compared."""
QUIET = 0.25
"""Quantile of a record's distances that estimates the effect of its noise."""
FLOOR = 0.03
"""Added to distances before taking ratios: smaller differences in clean records mean nothing."""


def names(leads: int = 1) -> tuple[str, ...]:
    """Return the names of the features, lead by lead.

    >>> names()[:2], names()[-1]
    (('like resting qrs', 'apart resting qrs'), 'apart/quiet +1 p')
    """
    pairs = [f"resting {part}" for part in PARTS_MS] + [f"{by:+d} {part}" for by in OTHERS for part in ("qrs", "p")]
    own = (*(f"{how} {pair}" for pair in pairs for how in ("like", "apart")), *(f"apart/quiet {p}" for p in pairs))
    return own if leads == 1 else tuple(f"{name} of lead {lead}" for lead in range(leads) for name in own)


def likeness(windows: Windows, before_s: npt.NDArray[np.float64], peak: int, rate_hz: float) -> Windows:
    """Return (b, d) float32 similarity of each beat to others; the names are `names(c)`.

    Parameters
    ----------
    windows
        (b, c, t) of all beats of one record in order, about 1 at the R peak.
    before_s
        (b,) interval before each beat, seconds; NaN if unknown.
    peak
        Sample of the R peak in a window.

    Returns
    -------
    array
        "like": correlation of two segments, -1..1. "apart": root mean square of their difference, at most 2.
        "apart/quiet": natural logarithm of that divided by its `QUIET` quantile in the record.
    """
    parts = {name: _part(span, peak, rate_hz, windows.shape[2]) for name, span in PARTS_MS.items()}
    typical = resting(windows, before_s)
    columns = [
        column for lead in range(windows.shape[1]) for column in _of_lead(windows[:, lead], typical[lead], parts)
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def resting(windows: Windows, before_s: npt.NDArray[np.float64]) -> Windows:
    """Return (c, t) the resting beat of the record: the median of beats after long intervals."""
    known = np.isfinite(before_s)
    late = known & (before_s >= np.quantile(before_s[known], RESTING)) if known.any() else ~known
    return np.asarray(np.median(windows[late], axis=0) if len(windows) else windows.sum(axis=0))


def _of_lead(windows: Windows, typical: Windows, parts: dict[str, slice]) -> list[Windows]:
    columns = [column for part in parts.values() for column in _compared(windows[:, part], typical[None, part])]
    for by in OTHERS:
        other = windows[np.clip(np.arange(len(windows)) + by, 0, max(0, len(windows) - 1))]
        for name in ("qrs", "p"):
            columns += _compared(windows[:, parts[name]], other[:, parts[name]])
    return columns + [_over_quiet(apart) for apart in columns[1::2]]


def _over_quiet(apart: Windows) -> Windows:
    """Return (b,) the logarithm of distances relative to the record's quiet beats: noise adds to distances too."""
    quiet = np.quantile(apart, QUIET) if len(apart) else 0.0
    return np.asarray(np.log((apart + FLOOR) / (quiet + FLOOR)))


def _compared(x: Windows, other: Windows) -> list[Windows]:
    """Return (b,) the correlation and (b,) the RMS distance of (b, s) segments."""
    if x.shape[1] < LEAST:
        return [np.zeros(len(x), np.float32)] * 2
    apart = np.sqrt(np.square(x - other).mean(axis=1)).clip(0, 2)
    x, other = x - x.mean(axis=1, keepdims=True), other - other.mean(axis=1, keepdims=True)
    size = np.sqrt(np.square(x).sum(axis=1) * np.square(other).sum(axis=1) + 1e-4)
    return [(x * other).sum(axis=1) / size, apart]


def _part(span: tuple[float, float], peak: int, rate_hz: float, samples: int) -> slice:
    begin, end = (min(max(round(peak + ms * rate_hz / 1000), 0), samples) for ms in span)
    return slice(begin, end)
