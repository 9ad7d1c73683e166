"""manifest.jsonl: a line with the checksum of each file that is written into a folder, before it is there.

The line comes first, so that a process killed in between leaves a file that an earlier line describes. A file
holds if any of its lines does. Each line has a checksum of its own: a damaged line is passed over, and does not
make a sound file look damaged. Several processes may append, as a line is one write.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from cachetools import LRUCache

from evenhand.base.errors import RecordError
from evenhand.base.storage.files.atomic import json_lines, remove_abandoned_parts, replacing, to_json
from evenhand.base.storage.files.checksums import FileMark, has_mark, mark_of, mark_of_text, stamp_of
from evenhand.base.storage.files.links import leads_out
from evenhand.base.storage.files.regular_file import UnreadableFileError, read_regular_text

MANIFEST = "manifest.jsonl"

_READ: LRUCache[str, tuple[tuple[int, ...], Manifest]] = LRUCache(maxsize=256)
_LOCK = Lock()


@dataclass(frozen=True)
class Manifest:
    """The checksums of a folder: name -> marks in the order written, and the numbers of damaged lines (from 1)."""

    marks: Mapping[str, tuple[FileMark, ...]] = field(default_factory=dict)
    damaged_lines: tuple[int, ...] = ()


@contextlib.contextmanager
def recording(folder: Path, name: str) -> Iterator[Path]:
    """Yield a temporary path as `replacing` does, and note the checksum of what was written there."""
    remove_abandoned_parts(folder, name)
    with replacing(folder / name) as part:
        yield part
        # Of a file that is written once, a line that is lost with the power costs the checksum; of one written
        # again, it would leave the line of its former content, and a sound file would look damaged.
        again = name in read_manifest(folder).marks
        _append(folder / MANIFEST, _line(name, mark_of(part)), flush=again)


def record_text(folder: Path, name: str, text: str) -> None:
    """Write UTF-8 text through `recording`."""
    with recording(folder, name) as part:
        part.write_text(text, encoding="utf-8", newline="")


def read_manifest(folder: Path) -> Manifest:
    """Return the checksums of a folder; empty where it has none, as folders of older versions."""
    path = folder / MANIFEST
    if path.is_symlink():
        raise RecordError(f"{path}: is a link, and is not read. Remove it: its files are then read unchecked.")
    try:
        key, stamp = str(path.absolute()), stamp_of(path)
        with _LOCK:
            known = _READ.get(key)
        if known is None or known[0] != stamp:
            known = stamp, _parsed(read_regular_text(path, errors="replace"))
            with _LOCK:
                _READ[key] = known
    except UnreadableFileError as error:
        raise RecordError(f"{path}: {error.strerror}. Remove it: its files are then read unchecked.") from None
    except OSError:
        return Manifest()
    return known[1]


def holds(folder: Path, name: str) -> bool | None:
    """Return whether a file is as it was written; None where no checksum of it is known, or there is no file."""
    marks = read_manifest(folder).marks.get(name)
    path = folder / name
    if not marks or not path.is_file():
        return None
    if leads_out(path, folder):
        return False
    try:
        return has_mark(path, *marks)
    except OSError:  # whoever reads it reports that
        return None


def matches(folder: Path, name: str, other: Path) -> bool | None:
    """Return whether a file elsewhere is what a folder notes under a name; None where it notes nothing."""
    marks = read_manifest(folder).marks.get(name)
    return has_mark(other, *marks, anew=True) if marks else None


def _line(name: str, mark: FileMark) -> str:
    text = to_json({"file": name, **mark.document()})
    return to_json({"file": name, **mark.document(), "line": mark_of_text(text)})


def _append(path: Path, line: str, *, flush: bool) -> None:
    try:
        # In a record from somebody else it may be a link to a file of its reader's.
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise RecordError(f"{path}: is a link, and is not written through. Remove it.") from None
    try:
        length = os.fstat(descriptor).st_size
        # A full disk or a kill may have left half a line, which must not swallow this one.
        torn = length and os.pread(descriptor, 1, length - 1) != b"\n"
        raw = ("\n" * bool(torn) + line + "\n").encode("utf-8")
        while raw:
            raw = raw[os.write(descriptor, raw) :]
        if flush:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _parsed(text: str) -> Manifest:
    marks: dict[str, tuple[FileMark, ...]] = {}
    damaged = []
    for number, line in enumerate(json_lines(text), start=1):
        if not line:
            continue
        found = _read_line(line)
        if found is None:
            damaged.append(number)
        else:
            name, mark = found
            marks[name] = (*marks.get(name, ()), mark)
    return Manifest(marks, tuple(damaged))


def _read_line(line: str) -> tuple[str, FileMark] | None:
    try:
        document: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    mark = FileMark.of(document)
    if mark is None or not isinstance(document.get("file"), str) or line != _line(document["file"], mark):
        return None
    return document["file"], mark
