"""JSON documents with the checksums of the files that belong to them, and one of themselves.

A task and an entry of the store are complete when their document is there, and sound while it holds.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenhand.base.storage.files.atomic import plain, write_json
from evenhand.base.storage.files.checksums import FileMark, has_mark, known_mark, mark_of_text
from evenhand.base.storage.files.regular_file import read_regular_text

FILES, SEAL = "checksums", "seal"
# beside it, or two folders above: a document of somebody else lists nothing else
_NAME = re.compile(r"(\.\./\.\./|\.\./)?(?!\.\.?$)[^/\0]+")


@dataclass(frozen=True)
class Sealed:
    """A document that was read.

    Attributes
    ----------
    content
        Without checksums.
    marks
        Name of a file beside it -> its checksum; empty in documents of older versions.
    sealed
        Whether it holds a checksum of itself; older versions wrote none.
    """

    content: dict[str, Any]
    marks: Mapping[str, FileMark]
    sealed: bool


class SealError(ValueError):
    """A document, or a file that belongs to it, is damaged; the text completes "FILE …"."""


def sealed_document(document: Mapping[str, Any], marks: Mapping[str, FileMark]) -> dict[str, Any]:
    """Return a document with the checksums of its files and of itself."""
    whole = {**plain(dict(document)), FILES: {name: mark.document() for name, mark in marks.items()}}
    return {**whole, SEAL: _seal(whole)}


def write_sealed(path: Path, document: Mapping[str, Any], files: Sequence[Path]) -> None:
    """Write a document with the checksums of files, which are named from its folder; last of all of them."""
    marks = {_name(file, path.parent): known_mark(file) for file in files if file.is_file()}
    write_json(path, sealed_document(document, marks))


def read_sealed(path: Path) -> Sealed:
    """Return a document.

    Raises
    ------
    SealError
        If it is not JSON, or not as it was written.
    OSError
        If it cannot be read.
    """
    try:
        document = json.loads(read_regular_text(path))
    except UnicodeDecodeError as error:
        raise SealError(f"is not UTF-8 (byte {error.start})") from None
    except (ValueError, RecursionError):
        raise SealError("is not JSON") from None
    if not isinstance(document, dict):
        raise SealError(f"holds {type(document).__name__}, not an object")
    seal, listed = document.pop(SEAL, None), document.get(FILES, {})
    if (seal is not None or listed) and seal != _seal(document):
        raise SealError("does not match its checksum")
    document.pop(FILES, None)
    if not isinstance(listed, dict) or not all(_NAME.fullmatch(name) for name in listed):
        raise SealError("lists files that cannot belong to it")
    marks = {name: FileMark.of(mark) for name, mark in listed.items()}
    return Sealed(document, {name: mark for name, mark in marks.items() if mark is not None}, seal is not None)


def check_marks(folder: Path, marks: Mapping[str, FileMark]) -> None:
    """Raise `SealError` at the first file that is missing or not as it was written."""
    for name, mark in marks.items():
        try:
            same = has_mark(folder / name, mark)
        except OSError:
            raise SealError(f"lists {name}, which is missing") from None
        if not same:
            raise SealError(f"lists {name}, which does not match its checksum")


def _name(file: Path, folder: Path) -> str:
    # not `relative_to`: files that tasks share lie above them
    return Path(os.path.relpath(file, folder)).as_posix()


def _seal(document: Mapping[str, Any]) -> str:
    return mark_of_text(json.dumps(document, sort_keys=True, ensure_ascii=True))


def is_listed(path: Path, document: str) -> bool:
    """Return whether the document beside a file, if there is a sound one, lists it."""
    try:
        return path.name in read_sealed(path.with_name(document)).marks
    except (OSError, SealError):
        return False


def check_listed(path: Path, document: str) -> None:
    """Raise `SealError` where the document beside a file lists another checksum of it; no other file is read."""
    try:
        found = read_sealed(path.with_name(document))
        check_marks(path.parent, {name: mark for name, mark in found.marks.items() if name == path.name})
    except FileNotFoundError:
        return  # not finished yet
    except OSError as error:
        raise SealError(f"cannot be read ({error.strerror or error})") from None
