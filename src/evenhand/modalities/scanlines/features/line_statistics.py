"""Trivial features of scans: spectra, how much a line is like the ones before it, and the distribution of heights.

They are the floor of every table, and what of the length of a file its content explains. The features are those
with which a logistic regression classifies STM scans without a network; sources: power spectra of lines and of
pictures, correlation of lines, as in Nečas and Klapetek, *Gwyddion* (2012), sections 4.1 to 4.3.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Floats, Ints, Mask
from evenhand.data.store.entry import StoreEntry

BANDS = np.geomspace(1 / 64, 0.5, 9)
"""Edges of bands of spatial frequency, cycles per pixel."""
SECTORS = 4
"""Sectors of orientation, from along the lines to across them and back."""
LAGS = (1, 2, 4, 8)
"""Lines between two that are compared."""
TEMPLATE = 8
"""Lines whose mean is the template that the next is compared with."""
MOST_LINES = 512
"""Lines that are looked at."""
_RANKS = np.array([0.05, 0.5, 0.95])


def _names() -> tuple[str, ...]:
    """Return the names of the features, "aspect: measure", in the order of `_of`."""
    ranks = ("low", "middle", "high")
    spread = (
        "skew of lines: ",
        "tails of lines: ",
        "roughness: ",
        "steps of lines: level, ",
        "steps of lines: spread, ",
    )
    bands = range(len(BANDS) + 1)
    return (
        "number of lines: logarithm",
        "number of lines: share without values",
        *(f"{name}{rank}" for name in spread for rank in ranks),
        *(f"likeness of lines: {lag} apart, {rank}" for lag in LAGS for rank in ranks),
        *(f"likeness of lines: mean of {TEMPLATE}, {rank}" for rank in ranks),
        *(f"spectrum: band {band}, sector {sector}" for band in bands for sector in range(SECTORS)),
        *(f"spectrum along lines: band {band}" for band in bands),
        "disagreement of directions: mean",
    )


NAMES = _names()
"""Names of the features, "aspect: measure"."""

OF_LINES = NAMES[:-1]
"""Those that follow from the lines seen so far; the disagreement of directions is one number for a whole scan."""


def line_statistics(entry: StoreEntry, rows: Ints) -> Floats:
    """Return (n, d) features of scans, of their first direction alone."""
    lines, steps, apart = entry["lines"], entry["steps"], entry["disagreement"]
    return np.stack([_of(_first(lines, row), _first(steps, row), np.asarray(apart[int(row)])) for row in rows])


def blank_scans(entry: StoreEntry, rows: Ints) -> Mask:
    """Return (n,) bool: scans of which every line has one value, or was not scanned."""
    return np.array([not np.asarray(entry["lines"][int(row)]).any() for row in rows], dtype=bool)


def _first(stored: Any, row: int) -> Floats:
    """Return (l, ...) an array of the first direction of a scan."""
    return np.asarray(stored[int(row)][:MOST_LINES, 0], dtype=np.float64)


def _of(lines: Floats, steps: Floats, apart: Floats) -> Floats:
    """Return (d,) features of (l, w) lines of mean 0 and deviation 1, zeros where nothing was scanned.

    `steps` (l, 2) are those between them, `apart` (1,) the disagreement of directions.
    """
    third, fourth = (lines**3).mean(axis=1), (lines**4).mean(axis=1)
    rough = (np.diff(lines, axis=1) ** 2).mean(axis=1) / 2
    spread = [_ranked(of) for of in (third, fourth, rough, *abs(steps).T)]
    size = [np.log(len(lines)), (lines == 0).all(axis=1).mean()]
    return np.concatenate([size, *spread, _likeness(lines), _bands(lines), apart])


def _ranked(values: Floats) -> Floats:
    """Return (3,) a low, the middle and a high value of (l,) numbers; `np.quantile` costs ten times as much."""
    return np.asarray(np.sort(values)[np.round(_RANKS * (len(values) - 1)).astype(np.int64)])


def _likeness(lines: Floats) -> Floats:
    """Return quantiles of the correlation of lines with earlier ones, and with the mean of those before."""
    out = []
    for lag in LAGS:
        pairs = (lines[lag:] * lines[:-lag]).mean(axis=1) if len(lines) > lag else np.zeros(1)
        out.append(_ranked(pairs))
    if len(lines) > TEMPLATE:
        sums = np.cumsum(np.vstack([np.zeros(lines.shape[1]), lines]), axis=0)
        means = (sums[TEMPLATE:-1] - sums[: -TEMPLATE - 1]) / TEMPLATE
        deviation = np.maximum(means.std(axis=1), 1e-6)
        likeness = ((means - means.mean(axis=1, keepdims=True)) * lines[TEMPLATE:]).mean(axis=1) / deviation
    else:
        likeness = np.zeros(1)
    return np.concatenate([*out, _ranked(likeness)])


def _bands(lines: Floats) -> Floats:
    """Return the logarithm of the share of power in each band and sector, and of each band along the lines."""
    windowed = lines * np.hanning(len(lines) + 2)[1:-1, None] * np.hanning(lines.shape[1] + 2)[1:-1]
    power = np.abs(np.fft.rfft2(windowed)) ** 2
    down, along = np.fft.fftfreq(len(lines))[:, None], np.fft.rfftfreq(lines.shape[1])[None, :]
    band = np.digitize(np.hypot(down, along), BANDS)  # 0 below the first edge, len(BANDS) beyond the last
    sector = np.floor((np.arctan2(down, along) / np.pi + 0.5) * SECTORS).clip(0, SECTORS - 1).astype(np.int64)
    cells = np.bincount((band * SECTORS + sector).ravel(), power.ravel(), minlength=(len(BANDS) + 1) * SECTORS)
    row_power = (np.abs(np.fft.rfft(lines * np.hanning(lines.shape[1] + 2)[1:-1], axis=1)) ** 2).mean(axis=0)
    line_bands = np.bincount(np.digitize(along[0], BANDS), row_power, minlength=len(BANDS) + 1)
    return np.concatenate([_log_shares(cells), _log_shares(line_bands)])


def _log_shares(power: npt.NDArray[Any]) -> Floats:
    return np.asarray(np.log(power / max(float(power.sum()), 1e-12) + 1e-4))
