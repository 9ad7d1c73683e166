"""A picture of a beat in its surroundings, as SVG."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache, cached
from cachetools.keys import hashkey

from evenhand.base.errors import DataError
from evenhand.data.roots.root import Root
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.features.signal import clean
from evenhand.modalities.beats.reading.wfdb_files import RecordFiles, read_head, read_signals

_AROUND_S = 1.2
_RATE = 120.0
_BAND = (0.5, 40.0)


def picture(root: Root, row: Mapping[str, Any], side: int) -> str:
    """Return the first lead of a beat and its surroundings, as a `data:` URI of an SVG.

    Parameters
    ----------
    row
        A row of the frame made by `beat_samples`: path, content, sample and channel are used.
    side
        Width, px; the height is half of it.
    """
    record = str(row["path"]).removesuffix(".hea")
    channel = int(str(row["channel"]).partition("+")[0])
    values, rate = _whole(root, record, channel, str(row["content"]).partition(":")[0])
    at = round(int(row["sample"]) * _RATE / rate)
    half = round(_AROUND_S * _RATE)
    part = np.pad(values, half, mode="edge")[at : at + 2 * half + 1]
    if len(part) < 2 * half + 1:
        raise DataError("has no signal where this beat should be")
    return drawn(part, side)


def drawn(part: npt.NDArray[np.float32], side: int) -> str:
    """Return (t,) values as a line in an SVG of `side` px, as a `data:` URI."""
    return "data:image/svg+xml;base64," + base64.b64encode(_svg(part, side).encode()).decode("ascii")


@cached(LRUCache(8), key=lambda root, record, channel, content: hashkey(id(root), content, channel), lock=Lock())
def _whole(root: Root, record: str, channel: int, content: str) -> tuple[npt.NDArray[np.float32], float]:
    """Return (T,) the filtered signal of a record, and the sampling rate of its annotations."""
    files = RecordFiles(root, record)
    head = read_head(files, BeatsConfig().max_samples)
    if not 0 <= channel < len(head.leads):
        raise DataError(f"has no signal {channel}")
    values = clean(read_signals(files, head, [channel]), head.rate, _RATE, _BAND)[0]
    return values.astype(np.float32), head.rate


def _svg(part: npt.NDArray[np.float32], side: int) -> str:
    wide, high = side, side // 2
    low, top = float(part.min()), float(part.max())
    scale = (high - 4) / max(top - low, 1e-9)
    x = np.linspace(0, wide, len(part))
    y = high - 2 - (part - low) * scale
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    middle = f"{wide / 2:.1f}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}">'
        f'<path d="M{middle} 0V{high}" stroke="#c44" stroke-dasharray="2 2" opacity=".6"/>'
        f'<polyline points="{points}" fill="none" stroke="#234" stroke-width="1"/></svg>'
    )
