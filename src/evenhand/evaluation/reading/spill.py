"""An array that grows by blocks of rows, in memory while small and in an anonymous file when large."""

from __future__ import annotations

import tempfile
from typing import Any

import numpy as np

from evenhand.base.values import Floats


class Spill:
    """An array that grows by blocks of rows.

    Parameters
    ----------
    most_bytes
        Size above which blocks go to a temporary file, which is deleted with its last user.
    """

    def __init__(self, *, most_bytes: int = 2**27) -> None:
        self._most = most_bytes
        self._blocks: list[Floats] = []
        self._held = 0
        self._file: Any = None
        self._rows = 0

    def add(self, block: Floats) -> None:
        """Add (b, k) rows."""
        self._rows += len(block)
        self._blocks.append(block)
        self._held += block.nbytes
        if self._file is not None or self._held > self._most:
            self._write()

    def _write(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="evenhand-")  # noqa: SIM115  (it lives as long as its map)
        for block in self._blocks:
            self._file.write(np.ascontiguousarray(block).data)
        self._last, self._blocks = self._blocks[-1], []

    def array(self) -> Floats:
        """Return (n, k) all rows; memory-mapped and read-only if they were spilled."""
        if self._file is None:
            return np.concatenate(self._blocks) if len(self._blocks) != 1 else self._blocks[0]
        self._file.flush()
        # The map keeps the unnamed file alive, and its disk space is freed with the last user.
        return np.memmap(self._file, self._last.dtype, "r", 0, (self._rows, self._last.shape[1]))
