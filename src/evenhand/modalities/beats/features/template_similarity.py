"""How like a beat is to others of its record: to its resting beat, and to the beats before and after it.

An ectopic beat differs from the beats that its own heart makes otherwise, in its P wave where it comes from the
atria and in its QRS complex where it comes from the ventricles. What those look like differs from person to
person, so no network learns it from other persons; that they differ, it can be told.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Windows = npt.NDArray[np.float32]

PARTS_MS = {"qrs": (-80.0, 100.0), "p": (-260.0, -55.0), "t": (100.0, 480.0)}
"""Parts of a beat, in ms from the R peak; a part outside the window is not compared."""
RESTING = 0.85
"""Beats whose interval before them reaches this quantile of the record's are at rest: ectopic beats come early."""
OTHERS = (-1, -2, 1)
"""Beats that a beat is compared with, by their distance."""
LEAST = 3
"""Samples that a part needs to be compared."""
QUIET = 0.25
"""Quantile of a record's distances that stands for what its noise makes of them."""
FLOOR = 0.03
"""Added to distances before their ratio: below it, differences of clean records mean nothing."""


def names(leads: int = 1) -> tuple[str, ...]:
    """Return the names of the features, for one lead after the other.

    >>> names()[:2], names()[-1]
    (('like resting qrs', 'apart resting qrs'), 'apart/quiet +1 p')
    """
    pairs = [f"resting {part}" for part in PARTS_MS] + [f"{by:+d} {part}" for by in OTHERS for part in ("qrs", "p")]
    own = (*(f"{how} {pair}" for pair in pairs for how in ("like", "apart")), *(f"apart/quiet {p}" for p in pairs))
    return own if leads == 1 else tuple(f"{name} of lead {lead}" for lead in range(leads) for name in own)


def likeness(windows: Windows, before_s: npt.NDArray[np.float64], peak: int, rate_hz: float) -> Windows:
    """Return (b, d) float32 likeness of each beat to others; the names are `names(c)`.

    Parameters
    ----------
    windows
        (b, c, t) of all beats of one record in order, about 1 at the R peak.
    before_s
        (b,) interval before each beat, seconds; NaN where not known.
    peak
        Sample of the R peak in a window.

    Returns
    -------
    array
        "like": correlation of two stretches of signal, -1..1. "apart": root of the mean square of their
        difference, 2 at most. "apart/quiet": natural logarithm of that over what the record's quiet beats have.
    """
    parts = {name: _part(span, peak, rate_hz, windows.shape[2]) for name, span in PARTS_MS.items()}
    typical = resting(windows, before_s)
    columns = [
        column for lead in range(windows.shape[1]) for column in _of_lead(windows[:, lead], typical[lead], parts)
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def resting(windows: Windows, before_s: npt.NDArray[np.float64]) -> Windows:
    """Return (c, t) the record's resting beat: the median of those that come late."""
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
    """Return (b,) how far beats are apart against the quiet ones of the record: noise sets them apart as well."""
    quiet = np.quantile(apart, QUIET) if len(apart) else 0.0
    return np.asarray(np.log((apart + FLOOR) / (quiet + FLOOR)))


def _compared(x: Windows, other: Windows) -> list[Windows]:
    """Return how like and how far apart (b, s) stretches of signal are, two of (b,)."""
    if x.shape[1] < LEAST:
        return [np.zeros(len(x), np.float32)] * 2
    apart = np.sqrt(np.square(x - other).mean(axis=1)).clip(0, 2)
    x, other = x - x.mean(axis=1, keepdims=True), other - other.mean(axis=1, keepdims=True)
    size = np.sqrt(np.square(x).sum(axis=1) * np.square(other).sum(axis=1) + 1e-4)
    return [(x * other).sum(axis=1) / size, apart]


def _part(span: tuple[float, float], peak: int, rate_hz: float, samples: int) -> slice:
    begin, end = (min(max(round(peak + ms * rate_hz / 1000), 0), samples) for ms in span)
    return slice(begin, end)
