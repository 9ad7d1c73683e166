"""A scan as a small grey PNG: its first direction, flattened, stretched between percentiles."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np

from evenhand.base.errors import MissingExtraError
from evenhand.modalities.scanlines.reading.flatten import flattened
from evenhand.modalities.scanlines.reading.scan import Scan

BLACK, WHITE = 1.0, 99.0
"""Percentiles of the heights that become black and white."""
UNSCANNED = 128


def data_uri(scan: Scan, side: int, flatten: str) -> str:
    """Return the first direction of a scan as a `data:` URI, its longer side at most `side` px.

    The line that came first is on top, unless the file says that it is the bottom one; what was not scanned is
    grey.
    """
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtraError("pillow", "scanlines", "Pictures of scans") from None
    grey = _levels(scan, flatten)
    if scan.upward:
        grey = grey[::-1]
    picture: Any = Image.fromarray(grey)
    picture.thumbnail((side, side), resample=Image.Resampling.BOX)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode("ascii")


def _levels(scan: Scan, flatten: str) -> Any:
    """Return (l, w) uint8."""
    heights = flattened(scan.heights[:1] / (np.nanmax(abs(scan.heights)) or 1.0), flatten)[0]
    known = np.isfinite(heights)
    low, high = np.percentile(heights[known], [BLACK, WHITE]) if known.any() else (0.0, 1.0)
    span = high - low if high > low else 1.0
    levels = np.where(known, (heights - low) / span * 255, UNSCANNED)
    return levels.clip(0, 255).round().astype(np.uint8)
