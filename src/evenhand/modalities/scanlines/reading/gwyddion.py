"""Native files of Gwyddion (.gwy), read by `gwyfile`: images by title, with extents, units and masks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.base.errors import DataError
from evenhand.modalities.scanlines.reading.channels import choose, split_title
from evenhand.modalities.scanlines.reading.lengths import pixel_size
from evenhand.modalities.scanlines.reading.scan import Heights, Scan, as_heights, check_pixels

GWY = b"GWYP"
"""First bytes of a file."""

_IMAGE = re.compile(r"/(\d{1,6})/data")


def read_gwy(path: Path, channel: str, most: int) -> Scan:
    """Return one channel of a file, its lines from top to bottom.

    Gwyddion has no missing values: it masks them. A line that is masked from end to end was not scanned; other
    masks mark features, and are ignored. Backward images are mirrored by Gwyddion when it imports them.

    Raises
    ------
    DataError
        If there is no such channel, or it has too many pixels. The library raises any type for damaged files.
    """
    import gwyfile

    content = gwyfile.load(str(path))
    numbers = sorted(int(found[1]) for name in content if (found := _IMAGE.fullmatch(name)))
    titles = {number: split_title(str(content.get(f"/{number}/data/title", ""))) for number in numbers}
    if not titles:
        raise DataError("has no image")
    name = choose([title for title, _ in titles.values()], channel)
    images: dict[str, int] = {}
    for number, (title, direction) in titles.items():
        if title == name:
            images.setdefault(direction, number)
    order = [direction for direction in ("forward", "backward") if direction in images]
    fields = [content[f"/{images[direction]}/data"] for direction in order]
    heights = [_heights(content, images[direction], most) for direction in order]
    if len({one.shape for one in heights}) > 1:
        raise DataError(f"has directions of different shapes ({' and '.join(str(one.shape) for one in heights)})")
    lines, width = heights[0].shape
    unit = _unit(fields[0], "si_unit_xy")
    return Scan(
        np.stack(heights),
        tuple(order),
        "gwy float64",
        name,
        _unit(fields[0], "si_unit_z"),
        (
            pixel_size(float(fields[0].get("xreal", "nan")), width, unit),
            pixel_size(float(fields[0].get("yreal", "nan")), lines, unit),
        ),
    )


def _heights(content: Any, number: int, most: int) -> Heights:
    field = content[f"/{number}/data"]
    check_pixels(int(field["yres"]), int(field["xres"]), most)
    heights = as_heights(field.data)
    mask = content.get(f"/{number}/mask")
    if mask is not None and mask.data.shape == heights.shape:
        heights[(np.asarray(mask.data) > 0.5).all(axis=1)] = np.nan
    return heights


def _unit(field: Any, name: str) -> str:
    unit = field.get(name)
    return "" if unit is None else str(unit.get("unitstr", ""))
