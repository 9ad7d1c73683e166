"""One named array of an entry while it is written, row after row."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import StoreError
from evenhand.data.store.ragged import Array, offsets_of
from evenhand.data.store.space import in_words

_STEP = 1 << 20


def write_array(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any], fill: Callable[[Array], None]) -> None:
    """Write a .npy file whose numbers `fill` puts into a writable memory map of zeros.

    Every block of the file is there beforehand: writing to a map over a hole on a full disk is answered by a
    signal that kills. As the blocks are then counted in the file's length, only flushing makes sure that they
    hold the numbers after a power failure.
    """
    start, length = header(dtype, shape), int(np.prod(shape)) * dtype.itemsize
    with in_words(path.parents[2]), path.open("wb") as file:
        file.write(start)
        _allocate(file, length)
    if length:
        numbers = np.memmap(path, dtype=dtype, mode="r+", offset=len(start), shape=shape)
        fill(numbers)
        with in_words(path.parents[2]):
            numbers.flush()


def _allocate(file: BinaryIO, length: int) -> None:
    """Append zeros that have their place on the disk."""
    file.flush()
    if length and hasattr(os, "posix_fallocate"):  # Linux
        os.posix_fallocate(file.fileno(), file.tell(), length)
        return
    for begin in range(0, length, _STEP):
        file.write(bytes(min(_STEP, length - begin)))


_HEADER = 256
"""Bytes kept free for the header of a .npy file, whose shape is known at the end only; a multiple of 64."""


class Column:
    """One named array in a file: rows of one shape by position, then, if one differs, rows one after the other.

    As long as rows have one shape they are put at their places, by any thread. Once a row differs, what was
    put before it is already the beginning of a ragged array, and the rest is appended. Rows are written
    rather than assigned to a memory map: a full disk is then an error that can be told, not a signal that
    kills, and written pages do not count as ours. Nothing is kept per row but, where ragged, its shape.

    Parameters
    ----------
    folder
        Where the files go.
    name
        Name of the array.
    first
        The first row that could be decoded; decides type, number of dimensions and, for now, shape.
    """

    def __init__(self, folder: Path, name: str, first: Array) -> None:
        if first.dtype.hasobject:
            raise StoreError(f'"{name}" holds Python objects; only arrays of numbers can be stored.')
        if not name.isidentifier():
            raise StoreError(f'"{name}" cannot name an array; use letters, digits and underscores.')
        self.folder, self.name = folder, name
        self.dtype, self.shape = first.dtype, first.shape
        self.zeros = np.zeros(self.shape, self.dtype)
        self._end = _HEADER
        self._shapes: array[int] | None = None
        self._file = os.open(folder / f"{name}.npy", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)

    def fits(self, row: Array) -> bool:
        """Whether a row has the shape of the first one.

        Raises
        ------
        StoreError
            If its type or number of dimensions differ, which no array can hold.
        """
        if row.dtype != self.dtype or row.ndim != len(self.shape):
            raise StoreError(
                f'"{self.name}" of a row is {row.dtype} with {row.ndim} dimensions; that of the first row is '
                f"{self.dtype} with {len(self.shape)}. An encoder must give one type and one number of dimensions."
            )
        return row.shape == self.shape

    def put(self, position: int, row: Array) -> None:
        """Write a row of the first row's shape at its place; threads may do so at once."""
        self._write(row, _HEADER + position * self.zeros.nbytes)

    def begin_ragged(self, rows: int) -> None:
        """Keep the first `rows` rows; all others will be appended."""
        self._end = _HEADER + rows * self.zeros.nbytes
        os.ftruncate(self._file, self._end)
        self._shapes = array("q", self.shape * rows)

    def append(self, row: Array) -> None:
        """Write a row of any shape behind the last one."""
        assert self._shapes is not None
        self._write(row, self._end)
        self._end += row.nbytes
        self._shapes.extend(row.shape)

    def finish(self, rows: int) -> None:
        """Write what is known only now: the header, and for rows that differ their shapes."""
        shapes = None
        if self._shapes is not None:
            shapes = np.array(self._shapes, dtype=np.int64).reshape(rows, len(self.shape))
        if shapes is None or (shapes == np.array(self.shape)).all():  # another array of the rows was ragged
            self._write_header((rows, *self.shape))
            return
        offsets = offsets_of(shapes)
        self._write_header((int(offsets[-1]),))
        np.save(self.folder / f"{self.name}.offsets.npy", offsets)
        np.save(self.folder / f"{self.name}.shapes.npy", shapes)

    def close(self) -> None:
        """Close the file as it is."""
        os.close(self._file)

    def _write_header(self, shape: tuple[int, ...]) -> None:
        os.pwrite(self._file, header(self.dtype, shape), 0)

    def _write(self, row: Array, start: int) -> None:
        left = np.ascontiguousarray(row).reshape(-1).view(np.uint8).data
        while left:
            written = os.pwrite(self._file, left, start)
            left, start = left[written:], start + written


def header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """Return the header of a .npy file (format 1.0) padded to a fixed length, so that it can be written last."""
    about = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    start = np.lib.format.magic(1, 0) + (_HEADER - 10).to_bytes(2, "little")
    text = repr(about).encode("latin1").ljust(_HEADER - 11) + b"\n"
    if len(start) + len(text) != _HEADER:
        raise StoreError(f"Arrays of type {dtype} cannot be stored; use plain numbers.")
    return start + text


def read_column(folder: Path, name: str) -> tuple[npt.NDArray[Any], ...]:
    """Return the memory maps of one named array: (array,), or (values, offsets, shapes) where ragged."""
    files = [folder / f"{name}.npy", folder / f"{name}.offsets.npy", folder / f"{name}.shapes.npy"]
    there = files if files[1].exists() else files[:1]
    return tuple(np.load(path, mmap_mode="r", allow_pickle=False) for path in there)
