"""What in a folder belongs to a store, by its marker and the names a store makes; nothing else is touched."""

from __future__ import annotations

import re
from pathlib import Path

from evenhand.base.errors import StoreError
from evenhand.base.storage.atomic import write_text
from evenhand.data.roots.file_names import some

MARKER = "CACHEDIR.TAG"
"""File that marks the folder of a store; backup programs know it as the tag of a cache directory."""

_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55\n# Store of encoded rows, made by evenhand."
_ENTRY = r"[0-9a-f]{32}"
_ENTRIES = re.compile(_ENTRY)
_BUILDING = re.compile(rf"{_ENTRY}(\.lock|\.[0-9a-f]{{8}}\.trash)?")
_SYSTEM = re.compile(
    rf"\.DS_Store|Thumbs\.db|desktop\.ini|lost\+found|\.nfs.*|\.{MARKER}\.\d+\.[0-9a-f]{{8}}\.part"
)


def is_entry(name: str) -> bool:
    """Return whether a store could have given this name to an entry."""
    return _ENTRIES.fullmatch(name) is not None


def is_trash(name: str) -> bool:
    """Return whether a store could have given this name to an entry that is being deleted."""
    return name.endswith(".trash") and _BUILDING.fullmatch(name) is not None


def is_lock(name: str) -> bool:
    """Return whether a store could have given this name to the lock of an entry that is being built."""
    return name.endswith(".lock") and _BUILDING.fullmatch(name) is not None


def claim(folder: Path) -> None:
    """Make a folder a store by its marker, unless it is one: a new or empty folder, or a store without marker.

    Raises
    ------
    StoreError
        If anything in it is not a store's.
    """
    if _marked(folder):
        return
    _refuse_foreign(folder)
    write_text(folder / MARKER, f"{_SIGNATURE}\n# What lies here can be made again: evenhand cache --clear\n")


def check_store(folder: Path) -> None:
    """Raise unless a folder is a store, or could become one.

    Raises
    ------
    StoreError
        If it has no marker and anything in it is not a store's.
    """
    if not _marked(folder):
        _refuse_foreign(folder)


def _marked(folder: Path) -> bool:
    try:
        with (folder / MARKER).open(encoding="utf-8", errors="replace") as file:
            return file.read(len(_SIGNATURE)) == _SIGNATURE
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False


def _refuse_foreign(folder: Path) -> None:
    foreign = [*_others(folder, re.compile("entries|building"))]
    foreign += [f"entries/{name}" for name in _others(folder / "entries", _ENTRIES)]
    foreign += [f"building/{name}" for name in _others(folder / "building", _BUILDING)]
    if foreign and not _marked(folder):  # another process may have marked it while we looked
        raise StoreError(
            f"{folder}: is not a store of encoded rows, for it holds {some(foreign)}. Nothing in it was touched. "
            "Set compute.store (or --store) to a new or empty folder, or to a store."
        )


def _others(folder: Path, own: re.Pattern[str]) -> list[str]:
    if not folder.is_dir():
        return []
    names = sorted(path.name for path in folder.iterdir())
    return [name for name in names if not own.fullmatch(name) and not _SYSTEM.fullmatch(name)]
