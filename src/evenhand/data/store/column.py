"""One named array of an entry while it is being written, row by row."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import StoreError
from evenhand.base.storage.numpy_files import load_array
from evenhand.data.store.ragged import Array, offsets_of
from evenhand.data.store.space import store_errors

_STEP = 1 << 20


def write_array(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any], fill: Callable[[Array], None]) -> None:
    """Write a .npy file whose values `fill` puts into a writable memory map of zeros.

    All blocks of the file are allocated beforehand: writing through a map to a hole on a full disk raises SIGBUS,
    which kills the process. The file then has its full length from the start, so only flushing ensures that it
    holds the values after a power failure.
    """
    start, length = header(dtype, shape), int(np.prod(shape)) * dtype.itemsize
    with store_errors(path.parents[2]), path.open("wb") as file:
        file.write(start)
        _allocate(file, length)
    if length:
        numbers = np.memmap(path, dtype=dtype, mode="r+", offset=len(start), shape=shape)
        fill(numbers)
        with store_errors(path.parents[2]):
            numbers.flush()


def _allocate(file: BinaryIO, length: int) -> None:
    """Append zeros that are allocated on the disk."""
    file.flush()
    if length and hasattr(os, "posix_fallocate"):  # Linux
        os.posix_fallocate(file.fileno(), file.tell(), length)
        return
    # Elsewhere zeros are written in full: seeking to the end would leave the hole that this is about.
    for begin in range(0, length, _STEP):
        file.write(bytes(min(_STEP, length - begin)))


_HEADER = 256
"""Bytes reserved for the header of a .npy file, whose shape is known only at the end; a multiple of 64, as NumPy
aligns the data."""


class Column:
    """One named array in a file: rows of one shape by position or, once a shape differs, rows one after the other.

    As long as all rows have one shape they are written at their positions, by any thread. Once a row differs, the
    rows before it already are the beginning of a ragged array, and the rest is appended. Rows are written with
    `pwrite` rather than through a memory map: a full disk is then an error that can be reported instead of SIGBUS,
    and written pages do not count as memory of this process. Nothing is kept per row except, if ragged, its shape.

    Parameters
    ----------
    folder
        Folder of the files.
    name
        Name of the array.
    first
        The first row that was decoded; fixes dtype, number of dimensions and, until a row differs, the shape.
    """

    def __init__(self, folder: Path, name: str, first: Array) -> None:
        if first.dtype.hasobject:
            raise StoreError(f'"{name}" holds Python objects; only numeric arrays can be stored.')
        if not name.isidentifier():
            raise StoreError(f'"{name}" is not a valid name of an array; use letters, digits and underscores.')
        self.folder, self.name = folder, name
        self.dtype, self.shape = first.dtype, first.shape
        self.zeros = np.zeros(self.shape, self.dtype)
        self._end = _HEADER
        self._shapes: array[int] | None = None
        self._file = os.open(folder / f"{name}.npy", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)

    def fits(self, row: Array) -> bool:
        """Return whether a row has the shape of the first one.

        Raises
        ------
        StoreError
            If its dtype or number of dimensions differs, which neither form can hold.
        """
        if row.dtype != self.dtype or row.ndim != len(self.shape):
            raise StoreError(
                f'"{self.name}" of a row is {row.dtype} with {row.ndim} dimensions; that of the first row is '
                f"{self.dtype} with {len(self.shape)}. An encoder must return one dtype and number of dimensions."
            )
        return row.shape == self.shape

    def put(self, position: int, row: Array) -> None:
        """Write a row of the first row's shape at its position; thread-safe, as positions do not overlap."""
        self._write(row, _HEADER + position * self.zeros.nbytes)

    @property
    def bytes_written(self) -> int:
        """Bytes of the rows that were appended so far, and of the header."""
        return self._end

    def begin_ragged(self, rows: int) -> None:
        """Keep the first `rows` rows; all others will be appended.

        Threads may have written later rows already; those are cut off and written again in order.
        """
        self._end = _HEADER + rows * self.zeros.nbytes
        os.ftruncate(self._file, self._end)
        self._shapes = array("q", self.shape * rows)

    def append(self, row: Array) -> None:
        """Write a row of any shape after the last one."""
        assert self._shapes is not None
        self._write(row, self._end)
        self._end += row.nbytes
        self._shapes.extend(row.shape)

    def finish(self, rows: int) -> None:
        """Write what is known only at the end: the header and, if ragged, offsets and shapes."""
        shapes = None
        if self._shapes is not None:
            shapes = np.array(self._shapes, dtype=np.int64).reshape(rows, len(self.shape))
        if shapes is None or (shapes == np.array(self.shape)).all():  # ragged only because of another array
            self._write_header((rows, *self.shape))
            return
        offsets = offsets_of(shapes)
        self._write_header((int(offsets[-1]),))
        np.save(self.folder / f"{self.name}.offsets.npy", offsets)
        np.save(self.folder / f"{self.name}.shapes.npy", shapes)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _write_header(self, shape: tuple[int, ...]) -> None:
        os.pwrite(self._file, header(self.dtype, shape), 0)

    def _write(self, row: Array, start: int) -> None:
        left = np.ascontiguousarray(row).reshape(-1).view(np.uint8).data
        while left:  # a signal, or a size limit of the system, may cut a write short
            written = os.pwrite(self._file, left, start)
            left, start = left[written:], start + written


def header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """Return the header of a .npy file (format 1.0), padded to a fixed length so that it can be written last."""
    about = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    # Ten bytes lie before the text: magic, version and the length of the text itself, two bytes in format 1.0.
    start = np.lib.format.magic(1, 0) + (_HEADER - 10).to_bytes(2, "little")
    text = repr(about).encode("latin1").ljust(_HEADER - 11) + b"\n"
    if len(start) + len(text) != _HEADER:
        raise StoreError(f"Arrays of type {dtype} cannot be stored; use plain numbers.")
    return start + text


def read_column(folder: Path, name: str) -> tuple[npt.NDArray[Any], ...]:
    """Return the memory maps of one named array: (array,), or (values, offsets, shapes) where ragged."""
    files = [folder / f"{name}.npy", folder / f"{name}.offsets.npy", folder / f"{name}.shapes.npy"]
    there = files if files[1].exists() else files[:1]
    return tuple(load_array(path, mmap_mode="r") for path in there)
