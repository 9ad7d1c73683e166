"""The EXIF orientation of a photo, read from a JPEG's bytes without decoding it, and applied to arrays."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

_ORIENTATION = 0x0112


def jpeg_orientation(raw: bytes) -> int:
    """Return the EXIF orientation (1..8) of a JPEG; 1 if there is none or it is invalid."""
    try:
        at = 2
        while raw[at] == 0xFF:
            marker = raw[at + 1]
            if marker == 0xFF:  # fill bytes may precede a marker (ITU T.81, B.1.1.2)
                at += 1
                continue
            if marker in (0xDA, 0xD9):  # start of scan, end of image: no more headers
                break
            length = int.from_bytes(raw[at + 2 : at + 4], "big")
            if marker == 0xE1 and raw[at + 4 : at + 10] == b"Exif\0\0":
                return _tiff_orientation(raw[at + 10 : at + 2 + length])
            at += 2 + length
    except (IndexError, struct.error):
        pass
    return 1


def _tiff_orientation(block: bytes) -> int:
    """Return the orientation in the first directory of a TIFF block (TIFF 6.0, section 2)."""
    order = "<" if block[:2] == b"II" else ">"
    (start,) = struct.unpack_from(f"{order}I", block, 4)
    (count,) = struct.unpack_from(f"{order}H", block, start)
    for entry in range(count):
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", block, start + 2 + 12 * entry)
        if tag == _ORIENTATION:
            return value if kind == 3 and 1 <= value <= 8 else 1
    return 1


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Return (h, w, 3) pixels rotated and flipped as EXIF says (CIPA DC-008, 4.6.5.4.6), contiguous.

    >>> upright(np.array([[[1], [2]], [[3], [4]]], np.uint8), 6)[..., 0].tolist()
    [[3, 1], [4, 2]]
    """
    turned: npt.NDArray[Any] = pixels
    # Transposed first: the flips below are those of the upright picture.
    if orientation in (5, 6, 7, 8):
        turned = turned.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        turned = turned[::-1]
    if orientation in (2, 3, 6, 7):
        turned = turned[:, ::-1]
    return np.ascontiguousarray(turned)
