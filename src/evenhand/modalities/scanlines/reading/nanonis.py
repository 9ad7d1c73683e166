"""Nanonis scan files (.sxm): a text header, found by `nanonispy2`, and images of float32 behind it.

The library's own `Scan` refuses files with one direction and files that were cut off, and leaves backward lines
mirrored, so that the images are cut out here, by the header's table of channels (decision 23).

Reference: Nanonis file formats (SPECS), "SXM scan files". For each channel of :DATA_INFO: follow its forward
image and its backward one, or the one direction that it has. Lines lie in the order of time: from the top one on
where :SCAN_DIR: is down, from the bottom one on where it is up. Pixels lie in the order of time too, so that
backward lines are mirrored.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evenhand.base.errors import DataError
from evenhand.modalities.scanlines.reading.channels import choose
from evenhand.modalities.scanlines.reading.lengths import pixel_size
from evenhand.modalities.scanlines.reading.scan import Scan, as_heights, check_pixels

SXM = b":NANONIS_VERSION:"
"""First bytes of a file."""

_DATA = b"\x1a\x04"
"""What stands between header and images."""
_DIRECTIONS = {"both": ("forward", "backward"), "forward": ("forward",), "backward": ("backward",)}


@dataclass(frozen=True)
class _Image:
    """One image of a file: channel, unit, direction."""

    channel: str
    unit: str
    direction: str


def read_sxm(path: Path, channel: str, most: int) -> Scan:
    """Return one channel of a file, its lines in the order of time.

    What a file that was cut off lacks was not scanned, and is reported as damage.

    Raises
    ------
    DataError
        If the header lacks what is needed, there is no such channel, or nothing of it.
    """
    from nanonispy2.read import NanonisFile

    with warnings.catch_warnings():  # in a process of its own
        warnings.simplefilter("ignore")
        file = NanonisFile(str(path))
    keys = _keys(file.header_raw)
    width, lines = _pair(keys, "SCAN_PIXELS", int)
    if width < 2 or lines < 1:
        raise DataError(f"has {lines} × {width} pixels in its header")
    check_pixels(lines, width, most)
    images = _images(keys)
    name = choose([image.channel for image in images], channel)
    raw = path.read_bytes()
    start = raw.find(_DATA, file.byte_offset)
    if start < 0:
        raise DataError("has no images behind its header")
    order = "<" if "LSBFIRST" in " ".join(keys.get("SCANIT_TYPE", ())) else ">"
    start += len(_DATA)
    values = np.frombuffer(raw, f"{order}f4", count=(len(raw) - start) // 4, offset=start)
    size, parts, unit, missing = lines * width, {}, "", 0
    for place, image in enumerate(images):
        if image.channel == name and image.direction not in parts:
            part = np.full(size, np.nan)
            held = values[place * size : (place + 1) * size]
            part[: len(held)] = as_heights(held)
            missing += size - len(held)
            rows = part.reshape(lines, width)
            parts[image.direction] = rows[:, ::-1] if image.direction == "backward" else rows
            unit = image.unit
    ordered = [direction for direction in ("forward", "backward") if direction in parts]
    extents = _pair(keys, "SCAN_RANGE", float) if "SCAN_RANGE" in keys else (float("nan"), float("nan"))
    return Scan(
        np.stack([parts[direction] for direction in ordered]),
        tuple(ordered),
        "sxm float32",
        name,
        unit,
        (pixel_size(extents[0], width, "m"), pixel_size(extents[1], lines, "m")),
        _upward(keys),
        f"the file ends {missing:,} values before its images do" if missing else "",
    )


def _keys(header: str) -> Mapping[str, Sequence[str]]:
    """Return the lines below each ":KEY:" of a header."""
    keys: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in header.replace("\r", "").split("\n"):
        if len(line) > 2 and line.startswith(":") and line.rstrip().endswith(":"):
            lines = keys.setdefault(line.strip().strip(":").upper(), [])
        elif line.strip():
            lines.append(line)
    return keys


def _pair(keys: Mapping[str, Sequence[str]], name: str, number: type[int] | type[float]) -> tuple[int, int]:
    words = " ".join(keys.get(name, ())).split()
    try:
        return number(words[0]), number(words[1])  # type: ignore[return-value]
    except (IndexError, ValueError):
        raise DataError(f"has no two numbers below :{name}: ({' '.join(words)[:40] or 'nothing'})") from None


def _images(keys: Mapping[str, Sequence[str]]) -> list[_Image]:
    """Return the images of a file in their order, as the table :DATA_INFO: lists them."""
    table = [line.strip("\t").split("\t") for line in keys.get("DATA_INFO", ())]
    columns = [name.strip().casefold() for name in table[0]] if table else []
    if not {"name", "direction"} <= set(columns):
        raise DataError("has no table of channels (:DATA_INFO: with the columns Name and Direction)")
    images = []
    for row in table[1:]:
        cells = dict(zip(columns, (cell.strip() for cell in row), strict=False))
        directions = _DIRECTIONS.get(cells.get("direction", "").casefold())
        if directions is None:
            raise DataError(f'has a channel of the direction "{cells.get("direction", "")[:20]}"')
        images += [_Image(cells["name"], cells.get("unit", ""), one) for one in directions]
    if not images:
        raise DataError("has no channels in its table :DATA_INFO:")
    return images


def _upward(keys: Mapping[str, Sequence[str]]) -> bool:
    word = " ".join(keys.get("SCAN_DIR", ())).strip().casefold()
    if word not in ("up", "down"):
        raise DataError(f'has the scan direction "{word[:20]}"; allowed are up and down')
    return word == "up"
