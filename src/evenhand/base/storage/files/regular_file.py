"""The door for files that somebody else names: regular files of at most a stated size, decided before reading.

A named pipe would block for ever, and a device such as /dev/zero would fill all memory. Both are refused on the
open descriptor, so that nothing can be exchanged between the look and the read.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import IO

_WORDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


class UnreadableFileError(OSError):
    """A path that is not a regular file, or too large; `strerror` says which, as for any other `OSError`."""

    def __init__(self, reason: str, path: str | Path) -> None:
        super().__init__(errno.EINVAL, reason, str(path))


def opener(path: str, flags: int) -> int:
    """Return a descriptor of a regular file, for `open(..., opener=opener)`.

    Raises
    ------
    OSError
        If it cannot be opened; `UnreadableFileError` if it is a pipe, a device or a socket.
    """
    try:
        # A pipe would block until somebody writes; regular files do not know the flag.
        descriptor = os.open(path, flags | os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise UnreadableFileError("it is a socket or a device, not a file", path) from None
        raise
    try:
        kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
        if kind in _WORDS:
            raise UnreadableFileError(f"it is {_WORDS[kind]}, not a file", path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_regular(path: str | Path, *, most: int | None = None) -> IO[bytes]:
    """Return a regular file, opened for reading in binary.

    Parameters
    ----------
    most
        Largest size in bytes; None for any.

    Raises
    ------
    OSError
        If it cannot be opened; `UnreadableFileError` if it is not a regular file or larger.
    """
    file = open(path, "rb", opener=opener)  # noqa: SIM115  (Path.open takes no opener)
    size = os.fstat(file.fileno()).st_size
    if most is not None and size > most:
        file.close()
        raise UnreadableFileError(f"it has {size:,} bytes, and at most {most:,} are read", path)
    return file


def read_regular(path: str | Path, *, most: int) -> bytes:
    """Return the bytes of a regular file of at most `most` bytes; raises as `open_regular` does."""
    with open_regular(path, most=most) as file:
        raw = file.read(most + 1)
    if len(raw) > most:  # it has grown meanwhile, or lies in a file system that knows no sizes
        raise UnreadableFileError(f"it has more than {most:,} bytes, the most that are read", path)
    return raw


def read_regular_text(path: str | Path, *, most: int = 1 << 30, errors: str = "strict") -> str:
    """Return the UTF-8 text of a regular file of at most `most` bytes; raises as `open_regular` does."""
    return read_regular(path, most=most).decode("utf-8", errors)


def check_regular(path: str | Path) -> None:
    """Raise `OSError` unless a path is a regular file that can be opened."""
    open_regular(path).close()
