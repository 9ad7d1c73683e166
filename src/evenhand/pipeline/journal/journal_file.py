"""Reading and replacing the file of a journal: no byte of a person's is changed, and no half file is ever seen."""

from __future__ import annotations

import codecs
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evenhand.base.errors import EvenhandError, StoreError
from evenhand.base.storage.files.atomic import replacing
from evenhand.base.storage.files.regular_file import read_regular
from evenhand.data.store.locks import lock_exclusive

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
MOST_BYTES = 100_000_000
"""Largest journal that is read."""
TRIES = 5
"""How often a journal is read again because an editor saved it meanwhile."""


@dataclass(frozen=True)
class JournalFile:
    """The text of a journal and how it is encoded; a byte order mark is the first character of the text."""

    text: str
    encoding: str = "utf-8"

    @property
    def newline(self) -> str:
        """The line end that most lines have."""
        windows = self.text.count("\r\n")
        counts = {
            "\n": self.text.count("\n") - windows,
            "\r\n": windows,
            "\r": self.text.count("\r") - windows,
        }
        return max(counts, key=lambda end: counts[end])


def read_journal(path: Path) -> JournalFile:
    """Return a journal; an empty one if there is no file.

    Raises
    ------
    EvenhandError
        If it is a folder, or neither UTF-8 nor UTF-16 with a byte order mark.
    """
    try:
        raw = read_regular(path, most=MOST_BYTES)
    except FileNotFoundError:
        return JournalFile("")
    except IsADirectoryError:
        raise EvenhandError(f"{path}: is a folder. Name a Markdown file with --file.") from None
    except OSError as error:
        raise EvenhandError(
            f"{path}: cannot be read ({error.strerror}). Name a Markdown file with --file."
        ) from None
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    try:
        return JournalFile(raw.decode(encoding), encoding)
    except UnicodeDecodeError as error:
        raise EvenhandError(
            f"{path}: byte {error.start} is not {encoding.upper()}, and nothing was written. Save the file as "
            "UTF-8, or name another with --file."
        ) from None


def change_journal(path: Path, change: Callable[[JournalFile], str]) -> None:
    """Replace a journal by what `change` makes of it, one process at a time.

    A link is followed, the permissions are kept. If the file is saved by somebody else meanwhile, it is read again.

    Raises
    ------
    EvenhandError
        If it cannot be read, is write-protected, or is saved again and again meanwhile.
    """
    path = Path(os.path.realpath(path))  # a circle of links is a file that cannot be read
    # Replacing a file needs no permission to write it: who took that away wants it as it is.
    if path.is_file() and not (path.stat().st_mode & 0o222 and os.access(path, os.W_OK)):
        raise EvenhandError(f"{path}: is write-protected. Allow writing it, or name another with --file.")
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.with_name(f".{path.name}.lock")
    try:
        held = lock_exclusive(lock)
    except StoreError:
        raise EvenhandError(
            f"{path.parent}: the file system does not support locks, so that two processes could overwrite each "
            "other's entries. Name a file on a local disk with --file."
        ) from None
    with held:
        try:
            if not any(_replaced(path, change) for _ in range(TRIES)):
                raise EvenhandError(f"{path}: is being saved again and again by another program. Close it there.")
        finally:
            lock.unlink(missing_ok=True)  # while it is held: whoever waits for it then makes a new one


def _replaced(path: Path, change: Callable[[JournalFile], str]) -> bool:
    """Return whether the journal was replaced, or needed no change; False if it was saved meanwhile."""
    before = _version(path)
    old = read_journal(path)
    text = change(old)
    if text == old.text:
        return True
    try:
        with replacing(path) as part:
            part.write_bytes(text.encode(old.encoding))
            if before is not None:
                shutil.copymode(path, part)
            if _version(path) != before:
                raise _SavedMeanwhile  # so that the new file is thrown away
    except _SavedMeanwhile:
        return False
    return True


class _SavedMeanwhile(Exception):  # noqa: N818  (it is an event, not a mistake)
    """Another program wrote the journal between reading and writing."""


def _version(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size
