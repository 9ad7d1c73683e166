"""Scans as NumPy arrays: `.npy` of one or two directions, `.npz` with names for them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import DataError
from evenhand.base.storage.numpy_files import array_header, load_array
from evenhand.modalities.scanlines.reading.scan import Scan, as_heights, check_pixels

NPY, ZIP = b"\x93NUMPY", b"PK\x03\x04"
"""First bytes of .npy and of .npz."""
DIRECTIONS = ("forward", "backward")
_HEADER = 10_000


def read_npy(raw: bytes, most: int) -> Scan:
    """Return the scan in a .npy: (l, w), or (2, l, w) forward and backward; raises `DataError`."""
    return _scan(_array(raw, most), "npy")


def read_npz(raw: bytes, most: int) -> Scan:
    """Return the scan in a .npz: its only array, or those named "forward" and "backward".

    "pixel_m" (2,), metres along and across the lines, and "unit", text, are read too.

    Raises
    ------
    DataError
        If it is damaged, or holds no such arrays.
    """
    with _opened(raw) as archive:
        names = {name.removesuffix(".npy"): name for name in archive.namelist()}
        wanted = [name for name in DIRECTIONS if name in names]
        plain = [name for name in names if name not in ("pixel_m", "unit")]
        if not wanted and len(plain) == 1:
            wanted = plain
        if not wanted:
            listed = ", ".join(plain[:5])[:100] or "none"
            raise DataError(f'has the arrays {listed}, but neither "forward" nor one alone')
        parts = [_member(archive, names[name], most) for name in wanted]
        pixel, unit = (_small(archive, names.get(name)) for name in ("pixel_m", "unit"))
    if len({part.shape for part in parts}) > 1:
        raise DataError(f"has directions of different shapes ({' and '.join(str(part.shape) for part in parts)})")
    whole = _scan(parts[0] if len(parts) == 1 else np.stack(parts), "npz")
    if wanted == ["backward"]:
        whole = Scan(whole.heights, ("backward",), whole.stored)
    size = (float("nan"), float("nan"))
    if pixel is not None and pixel.dtype.kind in "fiu" and pixel.size == 2:
        size = (float(pixel.reshape(-1)[0]), float(pixel.reshape(-1)[1]))
    words = str(unit.reshape(-1)[0])[:40] if unit is not None and unit.dtype.kind == "U" and unit.size else ""
    return Scan(whole.heights, whole.directions, whole.stored, unit=words, pixel_m=size)


@contextmanager
def _opened(raw: bytes) -> Iterator[zipfile.ZipFile]:
    """Yield the archive; whatever it raises is a `DataError`."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            yield archive
    except (DataError, MemoryError):
        raise
    except Exception as error:  # structure, checksums, compression and encryption raise six types
        raise DataError(f"is a damaged npz ({' '.join(str(error).split()):.80})") from None


def _member(archive: zipfile.ZipFile, name: str, most: int) -> npt.NDArray[Any]:
    """Return one array; raises `DataError` before anything is unpacked that is too large."""
    size = archive.getinfo(name).file_size
    if size > 16 * most + _HEADER:
        raise DataError(f"holds {size:,} bytes, more than scanlines.max_pixels = {most:,} values take")
    return _array(archive.read(name), most)


def _small(archive: zipfile.ZipFile, name: str | None) -> npt.NDArray[Any] | None:
    """Return an array of a few values, or None if there is none."""
    return _array(archive.read(name), 100) if name and archive.getinfo(name).file_size < _HEADER else None


def _array(raw: bytes, most: int) -> npt.NDArray[Any]:
    """Return the array of numbers or text in the bytes of a .npy, its size checked before it is read."""
    try:
        file = io.BytesIO(raw)
        shape, _, dtype = array_header(file)
        if dtype.kind not in "fiubU":
            raise DataError(f"has values of type {dtype}, not numbers")
        check_pixels(int(np.prod(shape[:-1], dtype=object)), int(shape[-1]) if shape else 1, most)
        return load_array(io.BytesIO(raw))
    except (DataError, MemoryError):
        raise
    except Exception as error:  # a damaged header is evaluated, and may raise anything
        raise DataError(f"is a damaged npy ({' '.join(str(error).split()):.80})") from None


def _scan(values: npt.NDArray[Any], form: str) -> Scan:
    if values.dtype.kind not in "fiub" or values.ndim not in (2, 3) or (values.ndim == 3 and len(values) > 2):
        raise DataError(
            f"has shape {values.shape} of {values.dtype}; a scan is (lines, pixels), or (2, lines, pixels) forward "
            "and backward"
        )
    heights = as_heights(values if values.ndim == 3 else values[None])
    return Scan(heights, DIRECTIONS[: len(heights)], f"{form} {values.dtype}")
