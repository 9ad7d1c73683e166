"""Line-wise flattening and clipping of scans, on pixels that were scanned."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evenhand.modalities.scanlines.reading.scan import Heights

Lines = npt.NDArray[np.float64]

MAD_TO_DEVIATION = 1.4826
"""Factor from the median absolute deviation to the standard deviation of a normal distribution."""


def medians(heights: Heights) -> Lines:
    """Return (..., l) the median of each line of (..., l, w), NaN for lines that were not scanned."""
    # `nanmedian` warns of lines without values, and files are read in threads, where warnings cannot be caught.
    ordered = np.sort(heights, axis=-1)  # NaN last
    known = np.isfinite(heights)
    if known.all():  # most lines; a line that arrives alone must not wait for what gaps need
        width = heights.shape[-1]
        return np.asarray((ordered[..., (width - 1) // 2] + ordered[..., width // 2]) / 2)
    count = known.sum(axis=-1, keepdims=True)
    low, high = (np.take_along_axis(ordered, np.maximum(at, 0), axis=-1) for at in ((count - 1) // 2, count // 2))
    return np.asarray(np.where(count > 0, (low + high) / 2, np.nan)[..., 0])


def deviations(heights: Heights) -> Lines:
    """Return (..., l) standard deviations of lines, NaN for those that were not scanned."""
    known = np.isfinite(heights)
    count = known.sum(axis=-1)
    n = np.maximum(count, 1)
    mean = np.where(known, heights, 0.0).sum(axis=-1) / n
    spread = np.sqrt((np.where(known, heights - mean[..., None], 0.0) ** 2).sum(axis=-1) / n)
    return np.asarray(np.where(count > 0, spread, np.nan))


def flattened(heights: Heights, how: str) -> Heights:
    """Return (c, l, w) heights without what drift and the scanner add to every line.

    Parameters
    ----------
    how
        "none"; "offset", the line's median; "slope", the straight line fitted to it by least squares;
        "median_difference", the cumulative sum of the median differences to the line before (Gwyddion's "median of
        differences"), which keeps steps within a line. A line depends on itself and earlier ones only.
    """
    if how == "offset":
        return np.asarray(heights - medians(heights)[..., None])
    if how == "slope":
        return _without_slope(heights)
    if how == "median_difference":
        return np.stack([_median_difference(one) for one in heights])
    return heights


def _without_slope(heights: Heights) -> Heights:
    known = np.isfinite(heights)
    x = np.broadcast_to(np.linspace(-1.0, 1.0, heights.shape[-1]), heights.shape)
    values = np.where(known, heights, 0.0)
    n = np.maximum(known.sum(axis=-1, keepdims=True), 1)
    mean_x = (x * known).sum(axis=-1, keepdims=True) / n
    mean = values.sum(axis=-1, keepdims=True) / n
    centred = np.where(known, x - mean_x, 0.0)
    spread = (centred**2).sum(axis=-1, keepdims=True)
    slope = (centred * (values - mean)).sum(axis=-1, keepdims=True) / np.where(spread > 0, spread, np.inf)
    return np.asarray(heights - mean - slope * (x - mean_x))


def _median_difference(heights: Heights) -> Heights:
    out = heights.copy()
    before: int | None = None
    for line in range(len(out)):
        if not np.isfinite(out[line]).any():
            continue
        if before is not None:
            step = medians(out[line] - out[before])
            # lines without a common pixel, as where a scan was broken off, are laid on their medians
            out[line] -= step if np.isfinite(step) else medians(out[line]) - medians(out[before])
        else:
            out[line] -= medians(out[line])
        before = line
    return np.asarray(out)


def clipped(heights: Heights, most: float) -> tuple[Heights, int]:
    """Return (c, l, w) heights within `most` robust deviations of their line's median, and how many were outside.

    The deviation is that of the median absolute deviation, or the standard one where more than half of a line has
    one value.
    """
    if not most:
        return heights, 0
    middle = medians(heights)[..., None]
    robust = MAD_TO_DEVIATION * medians(abs(heights - middle))[..., None]
    reach = most * (robust if (robust > 0).all() else np.where(robust > 0, robust, deviations(heights)[..., None]))
    outside = int((abs(heights - middle) > reach).sum())
    return np.clip(heights, middle - reach, middle + reach), outside
