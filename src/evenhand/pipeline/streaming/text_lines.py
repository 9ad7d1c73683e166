"""Lines of text as they are written: from a pipe, or from a file that grows. No line is held but the latest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from evenhand.base.errors import DataError

LONGEST = 1 << 22
"""Bytes of a line; what is longer is skipped up to the next line break."""
_WAIT = 0.02
"""Seconds between looks at a file that may have grown."""


@dataclass(frozen=True)
class TextLine:
    """One line: its text without the line break, or why there is none."""

    text: str
    fault: str = ""


def lines_of(file: BinaryIO) -> Iterator[TextLine]:
    """Yield the lines of a pipe or file up to its end, each as soon as its line break was written."""
    return _lines(file, lambda: True)


def followed(path: Path, *, until_idle: float | None = None) -> Iterator[TextLine]:
    """Yield the lines of a file, also those that are written to it from now on.

    Parameters
    ----------
    until_idle
        Seconds without a further byte after which the file counts as complete; None waits without end.

    Raises
    ------
    DataError
        If there is no such file, or it was shortened or replaced.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such file. Give a file that lines are written to, or - for a pipe.")
    return _followed(path, until_idle)


def _followed(path: Path, until_idle: float | None) -> Iterator[TextLine]:
    with path.open("rb") as file:
        own = path.stat().st_ino
        seen, since = 0, time.monotonic()

        def complete() -> bool:
            nonlocal seen, since
            now = path.stat() if path.exists() else None
            if now is None or now.st_ino != own or now.st_size < file.tell():
                raise DataError(f"{path}: was shortened, removed or replaced while it was read. Start again.")
            if file.tell() > seen:
                seen, since = file.tell(), time.monotonic()
            if until_idle is not None and time.monotonic() - since >= until_idle:
                return True
            time.sleep(_WAIT)
            return False

        yield from _lines(file, complete)


def _lines(file: BinaryIO, complete: Callable[[], bool]) -> Iterator[TextLine]:
    """Yield lines until nothing more is there and `complete` says that nothing will come."""
    held, skipping = b"", False
    while True:
        part = file.readline(LONGEST)
        if not part:
            if complete():
                break
            continue
        held += part
        if part.endswith(b"\n"):
            yield TextLine("", f"is longer than {LONGEST:,} bytes") if skipping else _decoded(held)
            held, skipping = b"", False
        elif len(held) >= LONGEST:
            held, skipping = b"", True
    if skipping:
        yield TextLine("", f"is longer than {LONGEST:,} bytes")
    elif held.strip():
        last = _decoded(held)
        # A list says where it ends, numbers between commas do not: 12.5 may have been 12.57.
        closed = last.text.strip().endswith(("]", "}"))
        yield last if closed or last.fault else TextLine("", "has no line break behind it, and may be cut off")


def _decoded(line: bytes) -> TextLine:
    try:
        return TextLine(line.decode("utf-8-sig").rstrip("\r\n"))
    except UnicodeDecodeError:
        return TextLine("", "is not text in UTF-8")
