"""A scan as a value: what every reader of files returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import DataError

Heights = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scan:
    """One channel of a scan, its lines in the order of time.

    Attributes
    ----------
    heights
        (c, l, w) float64, l lines in the order in which they were scanned, w pixels from left to right in either
        direction; NaN where nothing was scanned.
    directions
        (c,) "forward" or "backward".
    stored
        Format of the file and type of its values: "PNG uint8".
    channel
        Name of the channel, or "".
    unit
        Unit of the heights as the file says ("m"), or "".
    pixel_m
        Size of a pixel along and across the lines, metres; NaN where the file does not say.
    upward
        Whether the file says that its bottom line came first; None if it does not say.
    damage
        What is wrong with the file and was taken for not scanned, or "".
    """

    heights: Heights
    directions: tuple[str, ...] = ("forward",)
    stored: str = ""
    channel: str = ""
    unit: str = ""
    pixel_m: tuple[float, float] = (float("nan"), float("nan"))
    upward: bool | None = None
    damage: str = ""

    def __post_init__(self) -> None:
        c, lines, width = self.heights.shape
        if c != len(self.directions):
            raise DataError(f"has {c} images for {len(self.directions)} directions")
        if lines < 1 or width < 2:
            raise DataError(f"has {lines} × {width} values, too few for a scan")


def as_heights(values: npt.NDArray[Any]) -> Heights:
    """Return numbers of any type as float64, NaN for those that are not finite."""
    with np.errstate(invalid="ignore", over="ignore"):  # damaged bytes can hold signalling NaN
        heights = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(heights), heights, np.nan)


def in_time(rows: Heights, *, bottom_first: bool) -> Heights:
    """Return (..., l, w) rows as stored from top to bottom in the order in which they were scanned."""
    return rows[..., ::-1, :] if bottom_first else rows


def check_pixels(lines: int, width: int, most: int) -> None:
    """Raise `DataError` if a scan has too many pixels to be decoded."""
    if lines * width > most:
        raise DataError(
            f"has {lines:,} × {width:,} = {lines * width:,} pixels; scanlines.max_pixels = {most:,} is the most "
            "that is decoded"
        )
