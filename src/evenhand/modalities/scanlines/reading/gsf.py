"""Gwyddion Simple Field files (.gsf), read by `gsffile`: one image of float32 with its extent and units."""

from __future__ import annotations

from pathlib import Path

from evenhand.modalities.scanlines.reading.lengths import pixel_size
from evenhand.modalities.scanlines.reading.scan import Scan, as_heights, check_pixels

GSF = b"Gwyddion Simple Field 1.0\n"
"""First line of a file."""


def read_gsf(path: Path, most: int) -> Scan:
    """Return the scan in a file, its lines from top to bottom.

    Extents that are not in the file are 1.0 by its specification, in no unit: they say nothing of a pixel.

    Raises
    ------
    DataError
        If it has too many pixels. The library raises ValueError, KeyError and more for damaged files.
    """
    from gsffile import read_gsf as read

    data, about = read(path)
    lines, width = data.shape
    check_pixels(lines, width, most)
    unit = str(about.get("XYUnits", ""))
    sizes = [
        pixel_size(float(about[key]), count, unit) if key in about else float("nan")
        for key, count in (("XReal", width), ("YReal", lines))
    ]
    return Scan(
        as_heights(data)[None],
        stored="gsf float32",
        channel=str(about.get("Title", "")),
        unit=str(about.get("ZUnits", "")),
        pixel_m=(sizes[0], sizes[1]),
    )
