"""Decoding of photos to arrays of one size, without torch.

Ordinary JPEGs are decoded by libjpeg-turbo (simplejpeg), at a reduced size if nothing is lost by it; unusual JPEGs
and all other formats by Pillow. Every failure is a `DataError`, whatever the bytes are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from evenhand.base.errors import DataError, MissingExtraError
from evenhand.modalities.photos.reading.exif import Pixels, jpeg_orientation, upright
from evenhand.modalities.photos.reading.open_image import check_pixels, opened, pillow
from evenhand.modalities.photos.reading.resize import cut, fill, padded, place, reduction
from evenhand.modalities.photos.reading.rgb import is_deep, is_transparent, to_rgb
from evenhand.modalities.photos.scans import check_scans

SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif")
"""Suffixes of files that are taken for photos if there is no table."""

UNREAD = (".heic", ".heif", ".avif", ".jxl", ".jp2", ".psd", ".cr2", ".nef", ".arw", ".dng", ".raw")
"""Suffixes of pictures in unsupported formats."""

# Messages of libjpeg-turbo about pictures of which a part is missing or garbage; its other warnings are harmless.
_LOST = re.compile(r"premature end|bad huffman|bad arithmetic", re.IGNORECASE)


@dataclass(frozen=True)
class Facts:
    """Metadata of a photo: format ("JPEG"), Pillow's mode ("RGB"), size in px as stored, EXIF orientation.

    `transparent` is whether it declares transparency, `deep` whether its channels have more than 8 bits.
    """

    format: str
    mode: str
    width: int
    height: int
    orientation: int
    transparent: bool = False
    deep: bool = False


def encode(raw: bytes, settings: Mapping[str, Any]) -> dict[str, Pixels]:
    """Return {"image": (size, size, 3) uint8}, RGB, upright.

    Parameters
    ----------
    settings
        size, fit, ground, tones and max_pixels, as in the section [photos].

    Raises
    ------
    DataError
        With the reason why the bytes are not a photo, or cannot be decoded.
    """
    pixels = _jpeg(raw, settings) if raw.startswith(b"\xff\xd8\xff") else None
    return {"image": _any(raw, settings) if pixels is None else pixels}


def facts(raw: bytes, *, max_pixels: int = 178_956_970) -> Facts:
    """Return the metadata in a photo's header, without decoding it; raises `DataError` as `encode` does."""
    with opened(raw, max_pixels) as image:
        return Facts(
            str(image.format),
            image.mode,
            image.width,
            image.height,
            _orientation(image),
            is_transparent(image),
            is_deep(image),
        )


def thumbnail(raw: bytes, side: int, settings: Mapping[str, Any]) -> Any:
    """Return the whole photo, upright, as a Pillow RGB image whose longer side is at most `side` px."""
    with opened(raw, int(settings["max_pixels"])) as image:
        image.draft("RGB", (2 * side, 2 * side))  # has libjpeg decode a JPEG at a reduced size
        image.load()
        orientation = _orientation(image)
        small = to_rgb(image, ground=settings["ground"], tones=settings["tones"])
        small.thumbnail((side, side), reducing_gap=3.0)
        return pillow().fromarray(upright(np.asarray(small), orientation))


def _jpeg(raw: bytes, settings: Mapping[str, Any]) -> Pixels | None:
    """Return a JPEG encoded with simplejpeg, or None if Pillow should try."""
    try:
        import simplejpeg
    except ImportError:
        raise MissingExtraError("simplejpeg", "photos", "Reading photos") from None
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(raw)
        if colours in ("CMYK", "YCCK"):  # simplejpeg cannot convert these
            return None
        check_pixels(width, height, int(settings["max_pixels"]))
        check_scans(raw)
        placing = place(width, height, settings["size"], settings["fit"])
        by = reduction(placing)
        # simplejpeg takes the smallest of its scales that is not below the minimum
        pixels = simplejpeg.decode_jpeg(raw, "RGB", min_height=-(-height // by), min_width=-(-width // by))
    except ValueError as error:
        if _LOST.search(str(error)):
            raise DataError(_lost(str(error))) from None
        return None
    out = cut(pixels, placing) if by == 1 else None
    if out is None:
        out = fill(pillow().fromarray(pixels), placing, settings["size"], settings["ground"], by=by)
    else:
        out = padded(out, placing, settings["size"], settings["ground"])
    # Turned after resizing, when there are fewer pixels; a square is filled alike either way.
    return upright(out, jpeg_orientation(raw))


def _any(raw: bytes, settings: Mapping[str, Any]) -> Pixels:
    """Return any photo encoded with Pillow."""
    size, ground = int(settings["size"]), str(settings["ground"])
    with opened(raw, int(settings["max_pixels"])) as image:
        image.load()
        orientation = _orientation(image)
        rgb = to_rgb(image, ground=ground, tones=settings["tones"])
        placing = place(rgb.width, rgb.height, size, settings["fit"])
        whole = cut(np.asarray(rgb), placing)
        out = fill(rgb, placing, size, ground) if whole is None else padded(whole, placing, size, ground)
        return upright(out, orientation)


def _orientation(image: Any) -> int:
    """Return the EXIF orientation that is still to be applied; 1 if EXIF is damaged."""
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception:  # damaged EXIF raises undocumented types; the picture itself is fine
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _lost(text: str) -> str:
    if "JPEG file" in text:
        return "is truncated: the file ends before the picture does"
    return f"is damaged ({text})"
