"""Conversion of any picture to RGB with 8 bits: grey, palettes, transparency, CMYK, 16 bits, floats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from evenhand.modalities.photos.reading.open_image import pillow
from evenhand.modalities.photos.reading.resize import GROUNDS

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_STRIP = 2**20
"""Values that are converted at a time."""
_DEEP = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")


def to_rgb(image: Picture, *, ground: str, tones: str) -> Picture:
    """Return a decoded picture as RGB; transparent parts show the background, more bits are reduced to 8."""
    if is_deep(image):
        grey: Picture = pillow().fromarray(eight_bits(np.asarray(image), tones))
        return grey.convert("RGB")
    if is_transparent(image):
        return _on_ground(image, ground)
    return image if image.mode == "RGB" else image.convert("RGB")


def is_deep(image: Picture) -> bool:
    """Return whether a picture has more than 8 bits, which `tones` reduces to 8."""
    return image.mode in _DEEP


def is_transparent(image: Picture) -> bool:
    """Return whether a picture declares transparency, so that `ground` shows through it."""
    return image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info


def _on_ground(image: Picture, ground: str) -> Picture:
    """Return a picture with transparent parts, composited on an even background."""
    # Pillow converts "La" (premultiplied grey) to "LA" only.
    clear = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
    behind: Picture = pillow().new("RGB", clear.size, (GROUNDS[ground],) * 3)
    behind.paste(clear, mask=clear.getchannel("A"))
    return behind


def eight_bits(values: npt.NDArray[Any], tones: str) -> npt.NDArray[np.uint8]:
    """Return (h, w) values of any number type as uint8.

    Parameters
    ----------
    tones
        "type": 0..65535 of 16 bits is mapped to 0..255; floats in 0..1 are multiplied by 255; floats and integers
        of 32 bits in 0..255 are kept, in 0..65535 treated as 16 bits; anything else is stretched. "picture": the
        darkest value becomes 0, the brightest 255. NaN becomes the darkest value.

    >>> eight_bits(np.array([[0, 257, 65535]], np.uint16), "type").tolist()
    [[0, 1, 255]]
    >>> eight_bits(np.array([[0, 7, 255]], np.int32), "type").tolist()
    [[0, 7, 255]]
    """
    # In strips: float64 copies of a large picture would take gigabytes.
    step = max(1, _STRIP // max(1, values[:1].size))
    strips = [values[at : at + step] for at in range(0, len(values), step)]
    found = [strip[np.isfinite(strip)] for strip in strips]
    ranges = [(float(held.min()), float(held.max())) for held in found if held.size]
    out = np.zeros(values.shape, dtype=np.uint8)
    if not ranges:
        return out
    low, high = min(pair[0] for pair in ranges), max(pair[1] for pair in ranges)
    top = _top(values.dtype, high) if tones == "type" and low >= 0 else None
    if top is None and high == low:
        return out
    for at, strip in zip(range(0, len(values), step), strips, strict=True):
        exact = np.where(np.isfinite(strip), strip, low).astype(np.float64)
        scaled = (exact - low) / (high - low) * 255 if top is None else exact * (255 / top)
        out[at : at + step] = np.rint(scaled).astype(np.uint8)
    return out


def _top(dtype: np.dtype[Any], high: float) -> float | None:
    """Return the value of white, or None if neither type nor values show it."""
    if dtype.kind == "f":
        return next((top for top in (1.0, 255.0, 65535.0) if high <= top), None)
    tops = (
        (65535.0,) if dtype.itemsize <= 2 else (255.0, 65535.0)
    )  # 32-bit files hold 8 or 16 bits: the values show which
    return next((top for top in tops if high <= top), None)
