"""Locks on files that the operating system drops with the process that held them.

A killed process therefore never blocks another, and no lock has to be broken by its age.
"""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType

from evenhand.base.errors import StoreError

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}


class Hold:
    """A lock that is held until `release`, or until nothing refers to it any more."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; doing it twice does no harm."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __enter__(self) -> Hold:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def __del__(self) -> None:
        self.release()


def share(path: Path) -> Hold | None:
    """Return a lock that any number of processes hold together, or None where the file is not there (any more)."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return None
    hold = Hold(descriptor)
    _lock(descriptor, fcntl.LOCK_SH, path)
    return hold if _still_there(descriptor, path) else None


def own(path: Path) -> Hold:
    """Return a lock that this process holds alone, as soon as others let go; the file is made if need be."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        hold = Hold(descriptor)
        _lock(descriptor, fcntl.LOCK_EX, path)
        if _still_there(descriptor, path):  # else its last owner removed it while we waited
            return hold


def own_now(path: Path) -> Hold | None:
    """Return a lock that this process holds alone, or None where another holds it or the file is not there."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:  # gone, or in a folder that we may only read
        return None
    hold = Hold(descriptor)
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
            f"{path.parent}: the file system has no locks, so the store is not safe there. "
            "Set compute.store to a folder on a local disk."
        ) from None


def _still_there(descriptor: int, path: Path) -> bool:
    """Whether the path still leads to the file that was opened."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except (FileNotFoundError, NotADirectoryError):
        return False
