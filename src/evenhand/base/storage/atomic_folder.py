"""Folders that are there complete, or not at all: built beside their place, then renamed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

_NAME = re.compile(r"\.building-[0-9a-f]{16}")
_LOCK = ".lock"
_PATIENCE_S = 3600.0


@contextlib.contextmanager
def building(parent: Path) -> Iterator[Path]:
    """Give a hidden folder below `parent` that the block fills and renames; what it leaves in place goes.

    Folders that killed processes left go as well. The lock of a folder says whether somebody is still at it: the
    operating system drops it with the process.

    Raises
    ------
    OSError
        If nothing can be written there.
    """
    parent.mkdir(parents=True, exist_ok=True)
    sweep_building(parent)
    folder = parent / f".building-{secrets.token_hex(8)}"
    folder.mkdir()
    try:
        with (folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _flush(parent)


def sweep_building(parent: Path) -> None:
    """Remove folders that were being built by processes that are gone."""
    for left in parent.iterdir():
        if _NAME.fullmatch(left.name) and left.is_dir() and not left.is_symlink() and _is_left(left):
            shutil.rmtree(left, ignore_errors=True)


def _is_left(folder: Path) -> bool:
    """Whether nobody builds a folder any more."""
    try:
        with (folder / _LOCK).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except FileNotFoundError:  # its lock is about to be made, or never will be
        with contextlib.suppress(OSError):
            return time.time() - folder.stat().st_mtime > _PATIENCE_S
        return False
    except OSError:
        return False


def _flush(folder: Path) -> None:
    """Have the names in a folder written down, where the file system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
