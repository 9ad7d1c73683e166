"""Freed memory kept by the C library within a block."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Iterator

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""glibc's names for what `mallopt` sets."""


@contextlib.contextmanager
def kept_memory(*, usual: int = 32 << 20, kept: int = 1 << 30) -> Iterator[None]:
    """Let the C library keep large pieces of freed memory instead of giving them back, for the length of a block.

    A network frees and asks for maps of many megabytes at each layer; given back, each must be faulted in page
    by page again, which takes a third of the time of a small network. Where the library is not glibc, nothing
    is changed. Afterwards the limits are as high as glibc itself lets them rise to, and what was kept is freed.
    """
    library = _glibc()
    if library is None:
        yield
        return
    library.mallopt(M_MMAP_THRESHOLD, kept)
    # 2^31 - 1: mallopt takes an int
    library.mallopt(M_TRIM_THRESHOLD, 2 * kept - 1)
    library.mallopt(M_ARENA_MAX, 1)  # what threads have of their own cannot grow to the size of a map
    try:
        yield
    finally:
        library.mallopt(M_MMAP_THRESHOLD, usual)
        library.mallopt(M_TRIM_THRESHOLD, 2 * usual)
        # no limit of ours: glibc decides by the number of cores again
        library.mallopt(M_ARENA_MAX, 0)
        library.malloc_trim(0)


def trim() -> None:
    """Have the C library give freed memory back to the system; nothing where it is not glibc."""
    if (library := _glibc()) is not None:
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    """Return the C library of this process if it has glibc's calls."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
