"""Scans saved as TIFF; runs in an isolated process, as all readers of other people's formats."""

from __future__ import annotations

import io

import numpy as np

from evenhand.base.errors import DataError
from evenhand.modalities.scanlines.reading.pictures import grey
from evenhand.modalities.scanlines.reading.scan import Scan, check_pixels

TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
"""First bytes of TIFF and BigTIFF, little- and big-endian."""


def read_tiff(raw: bytes, most: int) -> Scan:
    """Return the scan in the first page of a TIFF, its lines from top to bottom.

    Its resolution is that of a printer, not of a microscope, and is not taken for the size of a pixel.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    import tifffile

    try:
        with tifffile.TiffFile(io.BytesIO(raw)) as file:
            page = file.pages[0]
            shape = tuple(int(size) for size in page.shape)
            if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in (3, 4)):
                raise DataError(f"has a first page of shape {shape}; a scan is (lines, pixels)")
            check_pixels(shape[0], shape[1], most)
            values = np.asarray(page.asarray())
    except (DataError, MemoryError):
        raise
    except Exception as error:  # of any type, on damaged bytes
        raise DataError(f"is a damaged TIFF ({' '.join(str(error).split()):.80})") from None
    if values.dtype.kind not in "fiub":
        raise DataError(f"has values of type {values.dtype}, not numbers")
    stored = f"TIFF {values.dtype}" if len(shape) == 2 else "TIFF colour"
    return Scan(grey(values[..., :3] if len(shape) == 3 else values)[None], stored=stored)
