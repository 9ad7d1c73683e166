"""Verification of the arrays of an entry: read whole and compared with their checksums, at most once a day.

A damaged array would train other networks without a word. Reading all of it costs seconds per 10 GB, at each
opening in each process too much; so verified.json notes when it was last done and the stamps of the files then.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping
from pathlib import Path

from evenhand.base.storage.files.atomic import write_json
from evenhand.base.storage.files.checksums import FileMark, has_mark, stamp_of
from evenhand.base.storage.files.regular_file import read_regular_text

NOTE = "verified.json"
TRUSTED_S = 86_400.0
"""Seconds for which files with unchanged stamps are taken for sound: disks lose bits without changing a stamp."""


def damaged_array(folder: Path, marks: Mapping[str, FileMark], *, note: bool = True) -> str | None:
    """Return the name of an array that does not match its checksum, or None where all do.

    Parameters
    ----------
    note
        Write verified.json; in the store of somebody else nothing is written.

    Raises
    ------
    OSError
        If one cannot be read.
    """
    if not marks or _is_fresh(folder, marks):
        return None
    for name, mark in marks.items():
        # where there is no note, this process still reads each version of a file once
        if not has_mark(folder / name, mark, anew=note):
            return name
    if note:
        note_verified(folder, marks)
    return None


def note_verified(folder: Path, marks: Mapping[str, FileMark]) -> None:
    """Note that the arrays match their checksums now."""
    stamps = {name: stamp_of(folder / name) for name in marks}
    with contextlib.suppress(OSError):  # a store that is only read: each process verifies it once
        write_json(folder / NOTE, {"time": time.time(), "stamps": stamps}, indent=None)


def _is_fresh(folder: Path, marks: Mapping[str, FileMark]) -> bool:
    try:
        note = json.loads(read_regular_text(folder / NOTE))
        age = time.time() - float(note["time"])
        return 0 <= age < TRUSTED_S and note["stamps"] == {name: [*stamp_of(folder / name)] for name in marks}
    except (OSError, ValueError, OverflowError, KeyError, TypeError, RecursionError):
        return False
