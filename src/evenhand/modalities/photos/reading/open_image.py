"""Opening pictures with Pillow: every failure is a `DataError`, and checks come before decoding."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from evenhand.base.errors import DataError, MissingExtraError
from evenhand.base.warnings_filter import quiet
from evenhand.modalities.photos.scans import check_scans

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF")
"""Formats that Pillow may open; its other readers (EPS runs Ghostscript) never receive the bytes."""
LONGEST_SIDE = 1_000_000
"""Longest side in px: resizing holds a table of weights for every pixel of a side, 2 GB for 99,999,999."""
_BYTES_A_PIXEL = 16
_BYTES_BESIDE = 64 << 20
"""What a file may hold beside its pixels, which no format stores in more than four floats each."""


@contextmanager
def opened(raw: bytes, max_pixels: int) -> Iterator[Picture]:
    """Yield the picture in some bytes, its size checked, not yet decoded.

    Raises
    ------
    DataError
        With the reason: not a picture, too large, too many scans, truncated, damaged. Exceptions of Pillow inside
        the block are converted too.
    """
    Image = pillow()
    try:
        with quiet(r"PIL\."), Image.open(io.BytesIO(raw), formats=FORMATS) as image:
            check_pixels(image.width, image.height, max_pixels)
            check_scans(raw)
            yield image
    except DataError:
        raise
    except Exception as error:  # on damaged bytes Pillow raises a dozen types, two of which it documents
        raise DataError(_reason(error, raw, max_pixels)) from None


def pillow() -> Any:
    """Return the module PIL.Image.

    Raises
    ------
    MissingExtraError
        If Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtraError("pillow", "photos", "Reading photos") from None
    return Image


def check_bytes(size: int, max_pixels: int) -> None:
    """Raise `DataError` if a file is larger than any picture that may be decoded, before it is read."""
    most = max_pixels * _BYTES_A_PIXEL + _BYTES_BESIDE
    if size > most:
        raise DataError(f"has {size:,} bytes; a picture of photos.max_pixels = {max_pixels:,} has at most {most:,}")


def check_pixels(width: int, height: int, max_pixels: int) -> None:
    """Raise `DataError` if a picture has too many pixels to be decoded, or a side is too long."""
    if max(width, height) > LONGEST_SIDE:
        raise DataError(f"has {width:,} × {height:,} pixels; the longest side that is decoded has {LONGEST_SIDE:,}")
    if width * height > max_pixels:
        raise DataError(
            f"has {width:,} × {height:,} = {width * height:,} pixels; photos.max_pixels = {max_pixels:,} "
            "is the most that is decoded"
        )


def _reason(error: Exception, raw: bytes, max_pixels: int) -> str:
    """Return the meaning of an exception of Pillow, to follow the name of the file."""
    kind, text = type(error).__name__, str(error)
    if not raw:
        return "is empty (0 bytes)"
    if kind == "DecompressionBombError":
        count = re.search(r"\d+", text)
        pixels = f"{int(count.group()):,} " if count else "too many "
        return f"has {pixels}pixels; photos.max_pixels = {max_pixels:,} is the most that is decoded"
    if kind == "UnidentifiedImageError":
        start = raw[:12].decode("ascii", errors="replace")
        shown = "".join(char if char.isprintable() and char != "\ufffd" else "·" for char in start)
        return f'is not a JPEG, PNG, WebP, TIFF, BMP or GIF, or its header is damaged (it starts with "{shown}")'
    if "truncated" in text.lower() or isinstance(error, EOFError):
        return "is truncated: the file ends before the picture does"
    return f"is damaged ({text.splitlines()[0] if text else kind})"
