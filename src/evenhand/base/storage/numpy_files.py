"""Arrays in .npy and .npz files, read by several threads."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# numpy evaluates the header of an array with `ast.literal_eval`. CPython 3.11 counts the depth of that conversion
# per interpreter, not per thread: two at once can end in "SystemError: AST constructor recursion depth mismatch" on
# sound files, once in thousands of reads (python/cpython#106905).
_HEADERS = threading.RLock()


def load_array(file: str | Path | IO[bytes], *, mmap_mode: Literal["r"] | None = None) -> Array:
    """Return the array of a .npy file, as `numpy.load` does, which runs no code and may be called by any thread."""
    with _HEADERS:
        found: Array = np.load(file, mmap_mode=mmap_mode, allow_pickle=False)
    return found


def load_arrays(file: str | Path | IO[bytes]) -> dict[str, Array]:
    """Return every array of a .npz file by name."""
    with _HEADERS, np.load(file, allow_pickle=False) as held:
        return {name: held[name] for name in held.files}


def array_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return shape, whether the order is Fortran's, and dtype of a .npy file open at its start; read to its values.

    Raises
    ------
    ValueError
        If it is not a .npy file.
    """
    with _HEADERS:
        version = np.lib.format.read_magic(file)
        reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        return reader(file)
