"""Scans saved as PNG: grey levels, or colours of which the brightness is read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from evenhand.base.errors import DataError, MissingExtraError
from evenhand.base.warnings_filter import quiet
from evenhand.modalities.scanlines.reading.scan import Heights, Scan, as_heights, check_pixels

PNG = b"\x89PNG\r\n\x1a\n"
"""First bytes of a PNG."""
LUMA = np.array([0.299, 0.587, 0.114])
"""Coefficients of red, green and blue (ITU-R BT.601)."""


@contextmanager
def _opened(raw: bytes, most: int) -> Iterator[Any]:
    """Yield the opened picture, its size checked; whatever Pillow raises is a `DataError`."""
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtraError("pillow", "scanlines", "Reading scans saved as PNG") from None
    try:
        with quiet(r"PIL\."), Image.open(io.BytesIO(raw), formats=("PNG",)) as image:
            check_pixels(image.height, image.width, most)
            yield image
    except DataError:
        raise
    except Exception as error:  # on damaged bytes Pillow raises a dozen types, two of which it documents
        raise DataError(f"is a damaged PNG ({' '.join(str(error).split()) or type(error).__name__:.80})") from None


def read_png(raw: bytes, most: int) -> Scan:
    """Return the scan in a PNG, its lines from top to bottom; raises `DataError`."""
    with _opened(raw, most) as image:
        deep = image.mode.startswith("I")
        stored = "PNG uint16" if deep else "PNG uint8" if image.mode in ("L", "LA", "1") else "PNG colour"
        pixels = np.asarray(image if deep else image.convert("RGB" if stored == "PNG colour" else "L"))
    return Scan(grey(pixels)[None], stored=stored)


def png_facts(raw: bytes, most: int) -> dict[str, Any]:
    """Return what the header of a PNG says; raises `DataError`."""
    with _opened(raw, most) as image:
        depth = "uint16" if image.mode.startswith("I") else "uint8" if image.mode in ("L", "LA", "1") else "colour"
        return {"stored": f"PNG {depth}", "width": image.width, "height": image.height}


def grey(pixels: Any) -> Heights:
    """Return (l, w) brightness of (l, w) or (l, w, 3) pixels; equal channels give their own values."""
    values = as_heights(np.asarray(pixels))
    if values.ndim == 2:
        return values
    equal = (values[..., :1] == values).all()
    return np.asarray(values[..., 0] if equal else values @ LUMA)
