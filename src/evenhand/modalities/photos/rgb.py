"""Any picture that Pillow reads, as upright RGB of 8 bits: grey, palettes, transparency, CMYK, 16 bits, floats."""

from __future__ import annotations

import io
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import DataError, MissingExtraError
from evenhand.modalities.photos.fit import GROUNDS

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF")
"""What Pillow may open; its other readers (EPS runs a program) never see a byte."""

_DEEP = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
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


def to_rgb(image: Picture, *, ground: str, tones: str) -> Picture:
    """Return a decoded picture as RGB; transparent parts show the ground, deep pictures are brought to 8 bits."""
    if image.mode in _DEEP:
        grey: Picture = pillow().fromarray(eight_bits(np.asarray(image), tones))
        return grey.convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return _on_ground(image, ground)
    return image if image.mode == "RGB" else image.convert("RGB")


def _on_ground(image: Picture, ground: str) -> Picture:
    """Return a picture with transparent parts, laid on an even ground."""
    clear = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
    behind: Picture = pillow().new("RGB", clear.size, (GROUNDS[ground],) * 3)
    behind.paste(clear, mask=clear.getchannel("A"))
    return behind


def eight_bits(values: npt.NDArray[Any], tones: str) -> npt.NDArray[np.uint8]:
    """Return (h, w) values of any number type as uint8.

    Parameters
    ----------
    tones
        "type": 0..65535 becomes 0..255; floats within 0..1 are taken as shares, whole numbers within 0..255
        as they are; what fits none of these is stretched. "picture": the darkest value becomes 0, the
        brightest 255. What is not a number becomes the darkest.

    >>> eight_bits(np.array([[0, 257, 65535]], np.uint16), "type").tolist()
    [[0, 1, 255]]
    """
    finite = np.isfinite(values)
    if not finite.any():
        return np.zeros(values.shape, dtype=np.uint8)
    low, high = float(values[finite].min()), float(values[finite].max())
    exact = np.where(finite, values, low).astype(np.float64)
    if tones == "type" and low >= 0:
        top = _top(values.dtype, high)
        if top is not None:
            return np.rint(exact * (255 / top)).astype(np.uint8)
    if high == low:
        return np.zeros(values.shape, dtype=np.uint8)
    return np.rint((exact - low) / (high - low) * 255).astype(np.uint8)


def _top(dtype: np.dtype[Any], high: float) -> float | None:
    """Return the value that stands for white, or None where the type does not say."""
    if dtype.kind == "f":
        return next((top for top in (1.0, 255.0, 65535.0) if high <= top), None)
    return 65535.0 if high <= 65535 else None


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
