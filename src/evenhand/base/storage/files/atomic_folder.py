"""Atomic creation of folders: built under a temporary name in the same parent, then renamed."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from evenhand.base.errors import RecordError
from evenhand.base.storage.files.flush import flush_folder
from evenhand.base.storage.files.regular_file import open_regular

_NAME = re.compile(r"\.building-[0-9a-f]{16}")
_LOCK = ".lock"
_GRACE_S = 3600.0


@contextlib.contextmanager
def building(parent: Path) -> Iterator[Path]:
    """Yield a hidden folder below `parent` for the block to fill and rename; if it was not renamed, it is removed.

    Folders left by killed processes are removed as well. Each folder is locked while it is built; the operating
    system releases the lock with the process, so an unlocked folder is abandoned.

    Raises
    ------
    OSError
        If `parent` cannot be written to.
    """
    parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(parent)
    folder = parent / f".building-{secrets.token_hex(8)}"
    folder.mkdir()
    try:
        with (folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        # After a rename there is no folder of this name any more.
        shutil.rmtree(folder, ignore_errors=True)
    flush_folder(parent)


def renamed(folder: Path, output: Path, stem: str) -> Path:
    """Rename a complete record to the first free name below `output`, and return its path.

    Raises
    ------
    RecordError
        If a hundred names are taken.
    """
    for attempt in range(100):
        path = output / (stem if attempt == 0 else f"{stem}_{attempt + 1}")
        if path.exists():
            continue
        try:
            folder.rename(path)
        except OSError as error:
            if error.errno in (errno.EEXIST, errno.ENOTEMPTY):  # another process took the name since `exists`
                continue
            raise
        return path
    raise RecordError(f"{output}: there are a hundred records of the same second already.")


def remove_abandoned(parent: Path) -> None:
    """Remove folders whose building process has ended."""
    for left in parent.iterdir():
        if _NAME.fullmatch(left.name) and left.is_dir() and not left.is_symlink() and _is_abandoned(left):
            shutil.rmtree(left, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    """Return whether no process builds a folder any more."""
    try:
        with open_regular(folder / _LOCK) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except FileNotFoundError:  # killed between mkdir and lock, or just about to lock: the age decides
        with contextlib.suppress(OSError):
            return time.time() - folder.stat().st_mtime > _GRACE_S
        return False
    except OSError:
        return False
