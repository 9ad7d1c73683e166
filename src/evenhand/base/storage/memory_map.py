"""Memory-mapped arrays: processing more rows than fit in memory."""

from __future__ import annotations

import contextlib
import mmap
from typing import Any


def release_pages(array: Any) -> None:
    """Release the pages of a memory-mapped array from memory; the file keeps them. Other arrays are left alone.

    Pages that were read once stay mapped and count as this process's memory until then.
    """
    mapping = _mmap_under(array)
    # MADV_DONTNEED would discard what was written to a copy-on-write map.
    if mapping is not None and getattr(array, "mode", None) != "c":
        with contextlib.suppress(OSError, ValueError, AttributeError):
            mapping.madvise(mmap.MADV_DONTNEED)


def is_mapped(array: Any) -> bool:
    """Return whether an array, or the array it is a view of, is memory-mapped."""
    return _mmap_under(array) is not None


def _mmap_under(array: Any) -> mmap.mmap | None:
    while array is not None and not isinstance(array, mmap.mmap):
        array = getattr(array, "_mmap", None) or getattr(array, "base", None)
    return array
