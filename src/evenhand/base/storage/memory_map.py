"""Memory-mapped arrays: many rows worked on in little memory."""

from __future__ import annotations

import contextlib
import mmap
from typing import Any


def let_go(array: Any) -> None:
    """Drop the pages of a memory-mapped array from memory; the file keeps them. Other arrays are left alone."""
    below = _map_below(array)
    if below is not None:
        with contextlib.suppress(OSError, ValueError):
            below.madvise(mmap.MADV_DONTNEED)


def is_mapped(array: Any) -> bool:
    """Return whether an array, or what it is a view of, is memory-mapped."""
    return _map_below(array) is not None


def _map_below(array: Any) -> mmap.mmap | None:
    while array is not None and not isinstance(array, mmap.mmap):
        array = getattr(array, "_mmap", None) or getattr(array, "base", None)
    return array
