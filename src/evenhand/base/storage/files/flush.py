"""Flushing the names in a folder to disk: without it a new or renamed file may be gone after a power failure."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def flush_folder(folder: Path) -> None:
    """Write the names in a folder to disk, where the file system supports it; not all network file systems do."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
