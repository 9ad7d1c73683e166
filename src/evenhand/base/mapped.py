"""Memory-mapped arrays: many rows worked on in little memory."""

from __future__ import annotations

import contextlib
import mmap
from typing import Any


def let_go(array: Any) -> None:
    """Drop the pages of a memory-mapped array from memory; the file keeps them. Other arrays are left alone."""
    while array is not None and not isinstance(array, mmap.mmap):
        array = getattr(array, "_mmap", None) or getattr(array, "base", None)
    if isinstance(array, mmap.mmap):
        with contextlib.suppress(OSError, ValueError):
            array.madvise(mmap.MADV_DONTNEED)
