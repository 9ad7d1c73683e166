"""File locks that the operating system releases with the process that holds them.

A killed process therefore never blocks another, and no lock has to be broken by age.
"""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType

from evenhand.base.errors import StoreError
from evenhand.base.storage.files.regular_file import UnreadableFileError, opener

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}


class FileLock:
    """A lock that is held until `release`, or until it is garbage-collected."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Release the lock; idempotent."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __enter__(self) -> FileLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def __del__(self) -> None:
        self.release()


def lock_shared(path: Path) -> FileLock | None:
    """Return a lock that any number of processes can share, or None if there is no such file now."""
    try:
        descriptor = opener(str(path), os.O_RDONLY | os.O_NOFOLLOW)
    except (FileNotFoundError, NotADirectoryError, UnreadableFileError):
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:  # no store makes links
            return None
        raise
    hold = FileLock(descriptor)
    _lock(descriptor, fcntl.LOCK_SH, path)
    return hold if _still_there(descriptor, path) else None


def lock_exclusive(path: Path) -> FileLock:
    """Wait for and return an exclusive lock; the file is created if necessary."""
    while True:
        # not through a link, which would make or lock a file elsewhere
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        hold = FileLock(descriptor)
        _lock(descriptor, fcntl.LOCK_EX, path)
        if _still_there(descriptor, path):  # else its last owner removed it meanwhile: others lock a new file
            return hold


def try_lock(path: Path) -> FileLock | None:
    """Return an exclusive lock, or None if another process holds one or the file does not exist."""
    try:
        # Opened for writing: over NFS an exclusive lock needs it (flock(2)).
        descriptor = opener(str(path), os.O_RDWR | os.O_NOFOLLOW)
    except OSError:  # removed, or read-only
        return None
    hold = FileLock(descriptor)
    try:
        _lock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, path)
    except BlockingIOError:
        return None
    return hold if _still_there(descriptor, path) else None


def _lock(descriptor: int, how: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, how)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        raise StoreError(
            f"{path.parent}: the file system does not support locks, so the store is not safe there. "
            "Set compute.store to a folder on a local disk."
        ) from None


def _still_there(descriptor: int, path: Path) -> bool:
    """Return whether the path still refers to the file that was opened."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except (FileNotFoundError, NotADirectoryError):
        return False
