"""One big array of an entry, written through a memory map."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from evenhand.data.ragged import Array
from evenhand.data.store_column import header
from evenhand.data.store_space import in_words

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
