"""What a disk refuses, as an `OSError` whichever library wrote, and as a sentence: which file, why, what to do."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from pathlib import Path

from evenhand.base.errors import EvenhandError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""No room: on the disk, in a quota, or below the largest size of a file."""
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_BROKEN = (errno.EIO, errno.ESTALE, errno.ENXIO, errno.ENODEV, errno.ETIMEDOUT)
_NOT_OF_A_FILE = {
    *FULL,
    *(errno.EIO, errno.ESTALE, errno.ENODEV, errno.ETIMEDOUT, errno.ENOTCONN, errno.EHOSTDOWN),
    *(errno.EMFILE, errno.ENFILE, errno.ENOMEM),
}
"""The disk, a server of files, or this machine (open files, memory): no damage of a file that is read."""
# as Rust ("No space left on device (os error 28)"), Arrow and Python ("[Errno 28]") write it
_NUMBER = re.compile(r"\(os error (\d+)\)|\[[Ee]rrno (\d+)\]")


def disk_error(error: Exception, path: Path, written: Path) -> OSError | None:
    """Return an exception of any library about a disk as an `OSError` that names `path`; None for any other.

    Parameters
    ----------
    path
        The file that was to be written.
    written
        The temporary file in its place.
    """
    if isinstance(error, EvenhandError):  # a sentence already
        return None
    number = error.errno if isinstance(error, OSError) and error.errno else _number_in(str(error))
    if number not in {*FULL, *_FORBIDDEN, *_BROKEN}:
        return None
    filename = error.filename if isinstance(error, OSError) else None
    if filename not in (None, str(written)):  # it was about another file
        return None
    return OSError(number, os.strerror(number), str(path))


def disk_error_of(type_name: str, message: str) -> OSError | None:
    """Return what a process could not write into the folder of temporary files, known by type and text; or None."""
    number = _number_in(message)
    if type_name != "OSError" or number not in {*FULL, *_BROKEN}:
        return None
    return OSError(number, os.strerror(number), tempfile.gettempdir())


def raise_disk_fault(error: Exception, path: str | Path | None = None) -> None:
    """Raise an error of a disk or of this machine anew, naming `path`; return where the file may be at fault.

    For readers of rows: taken for damage, a row of a sound file would be left out, and stay so in the store.
    """
    if isinstance(error, OSError) and error.errno in _NOT_OF_A_FILE:
        raise OSError(error.errno, error.strerror, str(path or error.filename or "")) from None


def _number_in(text: str) -> int:
    found = _NUMBER.search(text)
    return int(found[1] or found[2]) if found else 0


def disk_error_message(error: OSError) -> str:
    """Return a sentence: which file, why, and what to do.

    >>> disk_error_message(OSError(errno.EIO, "Input/output error", "a.csv"))
    'a.csv: the disk reports an error (Input/output error). Once it works, run the same command again.'
    """
    where = f"{error.filename}: " if error.filename else ""
    if error.errno == errno.EFBIG:
        return f"{where}the file would be larger than this system allows (ulimit -f). Raise that limit."
    if error.errno in FULL:
        quota = ", or a quota is used up" if error.errno == errno.EDQUOT else ""
        fix = "Free some space (evenhand cache --clear), then run the same command again to resume."
        return f"{where}the disk is full{quota}. {fix}"
    if error.errno in _FORBIDDEN:
        fix = "Set output, compute.store or --to to a writable folder."
        return f"{where}cannot be written or read ({error.strerror}). {fix}"
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return f"{where}a file lies where a folder is to be. Name another folder, or move the file away."
    if error.errno == errno.EISDIR:
        return f"{where}is a folder where a file is to be. Name a file."
    if error.errno in _BROKEN:
        fix = "Once it works, run the same command again."
        return f"{where}the disk reports an error ({error.strerror}). {fix}"
    return f"{where}{error.strerror or error}."
