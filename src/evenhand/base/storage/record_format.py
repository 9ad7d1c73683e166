"""The version of a record's files: a record of another version is refused in words, before a key is missed."""

from __future__ import annotations

import json
from pathlib import Path

from evenhand.base.errors import RecordError
from evenhand.base.storage.files.links import refuse_link_out
from evenhand.base.storage.files.regular_file import read_regular_text

FORMAT = 2
"""Version of the files of a record, in its environment.json; raised when a key in them is renamed or redefined."""


def refuse_other_format(folder: Path) -> None:
    """Check the version of the record in a folder; a record without an environment.json is not checked.

    Raises
    ------
    RecordError
        If another version of Evenhand wrote it in another format, or the file lies outside of the record.
    """
    try:
        refuse_link_out(folder / "environment.json", folder)
        document = json.loads(read_regular_text(folder / "environment.json"))
    except (OSError, ValueError, RecursionError):
        return  # whoever needs the file reports its damage
    written = document.get("record_format", 1) if isinstance(document, dict) else FORMAT
    if written != FORMAT:
        raise RecordError(
            f"{folder}: was written in record format {written} by another version of Evenhand; this one reads "
            f"format {FORMAT}. Run its config.toml again, or install the version that its environment.json names."
        )
