"""A scan to encoded arrays: flattened, clipped, of one width, normalised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Floats
from evenhand.modalities.counters import Counter
from evenhand.modalities.scanlines.reading.flatten import clipped, deviations, flattened, medians
from evenhand.modalities.scanlines.reading.resample import averaged, line_groups, resampled
from evenhand.modalities.scanlines.reading.scan import Heights, Scan

COUNTED = (
    Counter(
        "averaged",
        "count",
        "scans with more lines, of which neighbouring ones are averaged",
        "scanlines.max_lines",
    ),
    Counter("cut", "cap", "lines cut off", "scanlines.max_lines"),
    Counter("clipped", "count", "values clipped as outliers"),
    Counter("unscanned", "count", "lines that were not scanned"),
    Counter("constant", "count", "lines of one value"),
    Counter("one_direction", "count", "scans with one direction only, where both are read"),
    Counter("damaged", "repair", "files that end before their images do, whose rest counts as not scanned"),
    Counter("colour", "count", "scans saved in colour, of which the brightness is read"),
)
"""What reading counts, in the order of the array "counters"."""

ROUNDING = 1e-9
"""Deviations of a line below this share of the largest height are rounding errors: the line is constant."""

STEP_LIMIT = 10.0
"""Steps between lines are clipped to so many deviations."""


def encode(scan: Scan, settings: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of one scan of l lines, c directions and w values a line.

    Parameters
    ----------
    settings
        The section [scanlines] as plain values.

    Returns
    -------
    "lines" (l, c, w) float16, in the order of time; 0 where nothing was scanned. "mask" (l, c, w) bool: what was
    scanned. "steps" (l, c, 2) float16: by how many deviations the median of a line, before flattening, lies above
    that of the line before, and the logarithm of their deviations' ratio; 0 for the first. "disagreement" (1,)
    float32: root mean square difference of forward and backward lines over √2 deviations, 0 (equal) to about 1
    (nothing in common); -1 for one direction. "counters" (len(COUNTED),) int64.
    "repairs" (b,) uint8: what is wrong with the file, in UTF-8.
    With normalise = "none", "lines" are those of "scan", and "heights" (c, 2) float64 holds the mean and deviation
    that they had, in the unit of the file: float16 could hold neither metres nor an offset.
    """
    both = _both(scan)
    # Scaled, so that the square of a height overflows nowhere and its rounding error is known.
    unit = largest(both.heights)
    heights, most = both.heights / unit, settings["max_lines"]
    scanned = np.flatnonzero(np.isfinite(heights).any(axis=(0, 2)))
    planned = heights.shape[1]
    heights = heights[:, scanned[0] : scanned[-1] + 1]
    by = line_groups(planned, most) if settings["longer"] == "average" else 1
    cut = max(0, heights.shape[1] - by * most)
    level, heights, outside = brought_to_width(heights[:, : by * most], by, settings)
    mask, deviation = np.isfinite(heights), line_deviations(heights)
    lines = normalised(heights, settings["normalise"])
    wanted = wanted_directions(settings)
    arrays = {"lines": lines, "mask": mask, "steps": line_steps(level, deviation)}
    if settings["normalise"] == "none":
        arrays["heights"] = unit * np.concatenate(moments(heights, (-2, -1)), axis=-1)
    arrays = {name: channels(array, both.directions, wanted) for name, array in arrays.items()}
    counts = {
        "averaged": by > 1,
        "cut": cut,
        "clipped": outside,
        "unscanned": planned - int(np.isfinite(scan.heights).any(axis=(0, 2)).sum()),
        "constant": int((deviation == 0).sum()),
        "one_direction": len(scan.directions) < len(wanted),
        "damaged": bool(scan.damage),
        "colour": scan.stored.endswith("colour"),
    }
    scale = {"heights": arrays["heights"][0]} if "heights" in arrays else {}
    return {
        **scale,
        "lines": arrays["lines"].astype(np.float16),
        "mask": arrays["mask"],
        "steps": arrays["steps"].astype(np.float16),
        "disagreement": np.array([_disagreement(lines, mask)], dtype=np.float32),
        "repairs": np.frombuffer(scan.damage.encode(), dtype=np.uint8),
        "counters": np.array([counts[counter.name] for counter in COUNTED], dtype=np.int64),
    }


def largest(heights: Heights) -> float:
    """Return the largest height without its sign, 1 if there is none."""
    return float(np.nanmax(abs(heights))) or 1.0


def brought_to_width(heights: Heights, by: int, settings: Mapping[str, Any]) -> tuple[Floats, Heights, int]:
    """Return (c, l) levels and (c, l, w) flattened lines of one width, and how many values were clipped.

    Parameters
    ----------
    heights
        (c, l by, ...) scaled heights of lines in the order of time; the last group may have fewer than `by`.
    by
        How many neighbouring lines become one.
    """
    level = averaged(medians(heights), by)
    heights, outside = clipped(flattened(heights, settings["flatten"]), settings["clip"])
    return level, resampled(averaged(heights, by), settings["width"]), outside


def line_deviations(heights: Heights) -> Floats:
    """Return (c, l) deviations of scaled lines: 0 for lines of one value, NaN for those that were not scanned."""
    deviation = deviations(heights)
    return np.where(deviation <= ROUNDING, 0.0, deviation)


def wanted_directions(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return (c,) the directions that are read."""
    return ("forward", "backward") if settings["directions"] == "both" else ("forward",)


def normalised(heights: Heights, how: str) -> Heights:
    """Return (c, l, w) with mean 0 and deviation 1 of every line, or of every direction; 0 where not scanned."""
    mean, deviation = moments(heights, -1 if how == "line" else (-2, -1))
    centred = np.where(np.isfinite(heights), heights - mean, 0.0)
    return np.asarray(np.divide(centred, deviation, out=np.zeros_like(centred), where=deviation > ROUNDING))


def moments(heights: Heights, axis: int | tuple[int, ...]) -> tuple[Heights, Heights]:
    """Return mean and deviation of what was scanned along axes, which are kept with length 1."""
    known = np.isfinite(heights)
    count = np.maximum(known.sum(axis=axis, keepdims=True), 1)
    mean = np.where(known, heights, 0.0).sum(axis=axis, keepdims=True) / count
    centred = np.where(known, heights - mean, 0.0)
    return mean, np.sqrt((centred**2).sum(axis=axis, keepdims=True) / count)


def _both(scan: Scan) -> Scan:
    """Return a scan whose only direction is taken for forward, if there is one only."""
    return scan if len(scan.directions) == 2 else Scan(scan.heights, ("forward",))


def line_steps(level: Floats, deviation: Floats) -> Floats:
    """Return (c, l, 2) the step of the level and of the logarithm of the deviation from line to line."""
    with np.errstate(invalid="ignore", divide="ignore"):
        rise = np.diff(level, axis=1, prepend=level[:, :1]) / deviation
        ratio = np.diff(np.log(deviation), axis=1, prepend=np.log(deviation[:, :1]))
    both = np.stack([rise, ratio], axis=-1)
    return np.asarray(np.nan_to_num(both, nan=0.0, posinf=0.0, neginf=0.0).clip(-STEP_LIMIT, STEP_LIMIT))


def channels(array: Any, directions: tuple[str, ...], wanted: tuple[str, ...]) -> Any:
    """Return (c, l, ...) as (l, wanted, ...), zeros for a direction that the file lacks."""
    parts = [
        array[directions.index(name)] if name in directions else np.zeros_like(array[0])  # False in a mask
        for name in wanted
    ]
    return np.stack(parts, axis=1)


def _disagreement(lines: Heights, mask: npt.NDArray[np.bool_]) -> float:
    both = mask.all(axis=0) if len(mask) == 2 else np.zeros(0, dtype=bool)
    if not both.any():
        return -1.0
    return float(np.sqrt(np.mean((lines[0][both] - lines[1][both]) ** 2) / 2))
