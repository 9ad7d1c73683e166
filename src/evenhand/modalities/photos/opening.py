"""Opening pictures with Pillow so that nothing but `DataError` comes out, and nothing is decoded unasked."""

from __future__ import annotations

import io
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from evenhand.base.errors import DataError, MissingExtraError

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF")
"""What Pillow may open; its other readers (EPS runs a program) never see a byte."""

_quiet_lock = threading.Lock()
_quiet_depth = 0
_quiet_filters: Any = None


@contextmanager
def opened(raw: bytes, max_pixels: int) -> Iterator[Picture]:
    """Give the picture in some bytes, its size checked, not yet decoded.

    Raises
    ------
    DataError
        With the reason: not a picture, too large, cut off, damaged. Whatever else Pillow raises inside the
        block on bytes it does not understand becomes one too.
    """
    Image = pillow()
    try:
        with quiet(), Image.open(io.BytesIO(raw), formats=FORMATS) as image:
            check_pixels(image.width, image.height, max_pixels)
            yield image
    except DataError:
        raise
    except Exception as error:  # on damaged bytes Pillow raises a dozen types, of which it documents two
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


def check_pixels(width: int, height: int, max_pixels: int) -> None:
    """Raise `DataError` if a picture has too many pixels to be decoded."""
    if width * height > max_pixels:
        raise DataError(
            f"has {width:,} × {height:,} = {width * height:,} pixels; photos.max_pixels = {max_pixels:,} "
            "is the most that is decoded"
        )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Pillow's warnings from users while any thread is inside; `warnings` alone is not safe with threads."""
    global _quiet_depth, _quiet_filters  # noqa: PLW0603  (filters are the process's, so is the count)
    with _quiet_lock:
        if _quiet_depth == 0:
            _quiet_filters = warnings.catch_warnings()
            _quiet_filters.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL\.")
        _quiet_depth += 1
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_depth -= 1
            if _quiet_depth == 0:
                _quiet_filters.__exit__(None, None, None)


def _reason(error: Exception, raw: bytes, max_pixels: int) -> str:
    """Return what an error of Pillow means."""
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
        return f'is no JPEG, PNG, WebP, TIFF, BMP or GIF, or its head is damaged (it starts with "{shown}")'
    if "truncated" in text.lower() or isinstance(error, EOFError):
        return "is cut off: the file ends before the picture does"
    return f"is damaged ({text.splitlines()[0] if text else kind})"
