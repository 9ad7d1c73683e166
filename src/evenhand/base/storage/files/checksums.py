"""Checksums of files: XXH3 with 128 bits (Collet 2019), at the speed of memory. They tell damage, not forgery."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import xxhash
from cachetools import LRUCache

from evenhand.base.storage.files.regular_file import open_regular, read_regular

_STEP = 4 << 20
_MARKS: LRUCache[str, tuple[tuple[int, ...], FileMark]] = LRUCache(maxsize=4096)
"""Path -> the stamp of a file and its mark, so that a verb which reads a file several times hashes it once."""
_LOCK = Lock()


@dataclass(frozen=True)
class FileMark:
    """What tells a file from a damaged one: its length in bytes, and its XXH3 with 128 bits, in hexadecimal."""

    bytes: int
    xxh3: str

    @classmethod
    def of(cls, document: Any) -> FileMark | None:
        """Return the mark that a document holds, or None where it holds none."""
        if not isinstance(document, Mapping):
            return None
        length, digits = document.get("bytes"), document.get("xxh3")
        return cls(length, digits) if isinstance(length, int) and isinstance(digits, str) else None

    def document(self) -> dict[str, Any]:
        """Return plain values."""
        return {"bytes": self.bytes, "xxh3": self.xxh3}


def mark_of(path: Path, first: int | None = None) -> FileMark:
    """Return the mark of a file, or of its `first` bytes, read in steps: memory does not grow with its length.

    Raises
    ------
    OSError
        If it cannot be read, or is not a regular file: reading a device or a pipe may never end.
    """
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, "is not a file", str(path))
    digest, length, buffer = xxhash.xxh3_128(), 0, memoryview(bytearray(_STEP))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer[: _STEP if first is None else min(_STEP, first - length)]):
            digest.update(buffer[:count])
            length += count
    return FileMark(length, digest.hexdigest())


def mark_of_text(text: str) -> str:
    """Return the XXH3 of a text in UTF-8, 32 hexadecimal digits."""
    return str(xxhash.xxh3_128_hexdigest(text.encode("utf-8", "surrogatepass")))


def known_mark(path: Path) -> FileMark:
    """Return the mark of a file, from memory where this process has read it and its stamp is the same."""
    key, stamp = str(path.absolute()), stamp_of(path)
    with _LOCK:
        known = _MARKS.get(key)
    if known is None or known[0] != stamp:
        known = stamp, mark_of(path)
        with _LOCK:
            _MARKS[key] = known
    return known[1]


def has_mark(path: Path, *marks: FileMark, anew: bool = False) -> bool:
    """Return whether a file has one of some marks; one of another length, perhaps of terabytes, is not read for it.

    Parameters
    ----------
    anew
        Read it even where this process has read this version of it.

    Raises
    ------
    OSError
        As `mark_of` does.
    """
    if path.is_file() and path.stat().st_size not in {mark.bytes for mark in marks}:
        return False
    return (mark_of if anew else known_mark)(path) in marks


def stamp_of(path: Path) -> tuple[int, ...]:
    """Return inode, length, and the times at which a file and its entry changed, in ns.

    Programs that copy files set the first time back; no program sets the second.
    """
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def append_checksum(path: Path) -> None:
    """Append length and checksum of a file to it."""
    trailer = _trailer(mark_of(path))
    with path.open("ab") as file:
        file.write(trailer)


def ends_with_checksum(path: Path) -> bool:
    """Return whether a file ends with length and checksum of what is before them, as `append_checksum` writes.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    length = path.stat().st_size - _TRAILER
    if length < 0:
        return False
    with open_regular(path) as file:
        file.seek(length)
        trailer = file.read(_TRAILER)
    # another length: it was cut or lengthened, perhaps by terabytes, which are not read
    return trailer.startswith(f"{length:016x}".encode()) and trailer == _trailer(mark_of(path, length))


def without_checksum(path: Path) -> bytes | None:
    """Return the bytes of a file before the checksum that it ends with; None if it ends with none that is right.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    whole = read_regular(path, most=4 << 30)
    raw, trailer = whole[:-_TRAILER], whole[-_TRAILER:]
    right = trailer == _trailer(FileMark(len(raw), str(xxhash.xxh3_128_hexdigest(raw))))
    return raw if right else None


_TRAILER = 48
"""Bytes of the trailer: length and XXH3 in hexadecimal."""


def _trailer(mark: FileMark) -> bytes:
    return f"{mark.bytes:016x}{mark.xxh3}".encode()
