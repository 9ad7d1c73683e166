"""Bytes of pictures: ordinary ones in every format, and ones that break readers."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

FORMATS = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF", ".bmp": "BMP", ".gif": "GIF"}


def scene(width: int = 60, height: int = 40) -> npt.NDArray[np.uint8]:
    """Return (h, w, 3) uint8 with quarters of red (top left), green (top right), blue (bottom left) and white."""
    y, x = np.mgrid[0:height, 0:width]
    right, low = x >= width / 2, y >= height / 2
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]], dtype=np.uint8)
    return np.asarray(colours[right + 2 * low])


def picture(pixels: npt.NDArray[Any] | None = None, format: str = "PNG", **saving: Any) -> bytes:
    """Return the bytes of a picture file; `saving` is passed to Pillow (quality, exif, compression)."""
    out = io.BytesIO()
    Image.fromarray(scene() if pixels is None else pixels).save(out, format, **saving)
    return out.getvalue()


def turned(orientation: int, format: str = "JPEG") -> bytes:
    """Return `scene` stored so that EXIF `orientation` (1..8) makes it upright."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = Image.fromarray(scene())
    stored = image.transpose(back[orientation]) if orientation in back else image
    out = io.BytesIO()
    saving = {"quality": 95, "subsampling": 0} if format == "JPEG" else {}
    stored.save(out, format, exif=exif, **saving)
    return out.getvalue()


def truncated_jpeg(share: float = 0.5) -> bytes:
    """Return the first part of a JPEG."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    whole = picture(noise, "JPEG")
    return whole[: int(len(whole) * share)]


def png_header(width: int = 30_000, height: int = 30_000) -> bytes:
    """Return a PNG whose header claims a huge size and which holds a few bytes of pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 64)
    chunks = [(b"IHDR", head), (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
