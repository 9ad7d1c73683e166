"""The version of a record's files: a record of another version is refused in words, before a key is missed."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from evenhand.base.errors import RecordError
from evenhand.base.storage.files.links import glob_inside, refuse_link_out
from evenhand.base.storage.files.regular_file import read_regular_text
from evenhand.base.storage.manifest import MANIFEST
from evenhand.base.storage.sealed_json import SealError, read_sealed

FORMAT = 2
"""Version of the files of a record, in its environment.json; raised when a key in them is renamed or redefined."""
CHECKSUMS = "checksums"
"""Key in environment.json, by which a record whose manifest is lost is told from one of a version without."""


def refuse_other_format(folder: Path) -> None:
    """Check the version of the record in a folder; a record without an environment.json is not checked.

    Raises
    ------
    RecordError
        If another version of Evenhand wrote it in another format, or the file lies outside of the record.
    """
    try:
        document = _environment(folder)
    except (OSError, ValueError, RecursionError):
        return  # whoever needs the file reports its damage
    written = document.get("record_format", 1) if isinstance(document, dict) else FORMAT
    if written != FORMAT:
        raise RecordError(
            f"{folder}: was written in record format {written} by another version of Evenhand; this one reads "
            f"format {FORMAT}. Run its config.toml again, or install the version that its environment.json names."
        )


def notes_checksums(folder: Path) -> bool:
    """Return whether the record in a folder is of a version that notes checksums, whether or not they are there.

    Its environment.json says so; in records of some months before it did, a task that has them does.
    """
    with contextlib.suppress(OSError, ValueError, RecursionError, RecordError):
        document = _environment(folder)
        if isinstance(document, dict) and CHECKSUMS in document:
            return True
    if os.path.lexists(folder / MANIFEST):
        return True
    for path in glob_inside(folder, "models", "*", "fold*", "seed*", "task.json"):
        with contextlib.suppress(OSError, SealError):
            if read_sealed(path).sealed:
                return True
    return False


def manifest_is_lost(folder: Path) -> bool:
    """Return whether a record has no manifest, though the version that wrote it wrote one."""
    return not os.path.lexists(folder / MANIFEST) and notes_checksums(folder)


def _environment(folder: Path) -> Any:
    refuse_link_out(folder / "environment.json", folder)
    return json.loads(read_regular_text(folder / "environment.json"))
