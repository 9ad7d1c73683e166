"""Folders that a person names, where a file lies in their place."""

from __future__ import annotations

import os
from pathlib import Path

from evenhand.base.errors import EvenhandError


def file_in_the_way(folder: Path) -> Path | None:
    """Return the file that lies where a folder, or one above it, is to be; None if a folder can be there."""
    for place in (folder, *folder.parents):
        if os.path.lexists(place):
            return None if place.is_dir() else place
    return None


def refuse_file(folder: str | Path, key: str, purpose: str) -> None:
    """Raise `EvenhandError` where a key names a file, or something below one, as a folder."""
    found = file_in_the_way(Path(folder))
    if found is not None:
        what = "is a link that leads nowhere" if found.is_symlink() and not found.exists() else "is a file"
        raise EvenhandError(
            f'{key} = "{folder}": {found} {what}, and {key} names a folder, {purpose}. Name another '
            "folder, or move the file away."
        )
