"""Recognition of a store and its files, by a marker and by names; nothing else in a folder is ever touched."""

from __future__ import annotations

import re
from pathlib import Path

from evenhand.base.errors import StoreError
from evenhand.base.storage.files.atomic import write_text
from evenhand.base.storage.files.regular_file import UnreadableFileError, open_regular
from evenhand.data.roots.file_names import CACHE_SIGNATURE, CACHE_TAG, some

MARKER = CACHE_TAG
"""File that marks the folder of a store: backup programs skip it, and so does a root that holds the store."""

_SIGNATURE = f"{CACHE_SIGNATURE.decode()}\n# Store of encoded rows, made by evenhand."
_ENTRY = r"[0-9a-f]{32}"
_ENTRIES = re.compile(_ENTRY)
_BUILDING = re.compile(rf"{_ENTRY}(\.lock|\.[0-9a-f]{{8}}\.trash)?")
# The last is the marker before its rename: another process may be claiming the folder.
_SYSTEM = re.compile(
    rf"\.DS_Store|Thumbs\.db|desktop\.ini|lost\+found|\.nfs.*|\.{MARKER}\.\d+\.[0-9a-f]{{8}}\.part"
)


def is_entry(name: str) -> bool:
    """Return whether a name is one that stores give to entries."""
    return _ENTRIES.fullmatch(name) is not None


def is_trash(name: str) -> bool:
    """Return whether a name is one that stores give to entries being deleted."""
    return name.endswith(".trash") and _BUILDING.fullmatch(name) is not None


def is_lock(name: str) -> bool:
    """Return whether a name is one that stores give to locks of entries being built."""
    return name.endswith(".lock") and _BUILDING.fullmatch(name) is not None


def claim(folder: Path) -> None:
    """Mark a folder as a store, if it is new, empty, or a store without a marker.

    Raises
    ------
    StoreError
        If it has no marker and holds other files, or its entries are a link.
    """
    _refuse_links(folder)
    if is_marked(folder):
        return
    _refuse_other_files(folder)
    write_text(folder / MARKER, f"{_SIGNATURE}\n# What lies here can be made again: evenhand cache --clear\n")


def check_store(folder: Path) -> None:
    """Raise `StoreError` if a folder has no marker and holds other files, or is not a folder."""
    if folder.exists() and not folder.is_dir():
        raise StoreError(f"{folder}: is not a folder, and so not a store of encoded rows.")
    _refuse_links(folder)
    if not is_marked(folder):
        _refuse_other_files(folder)


def _refuse_links(folder: Path) -> None:
    """Raise `StoreError` where the entries of a store lie elsewhere: it would be another store that is cleared."""
    for name in ("entries", "building"):
        if (folder / name).is_symlink():
            raise StoreError(
                f"{folder / name}: is a link, and is not followed. Set compute.store (or --store) to the folder in "
                "which the store lies itself."
            )


def is_marked(folder: Path) -> bool:
    """Return whether a folder has the marker of a store."""
    try:
        with open_regular(folder / MARKER) as file:
            return file.read(len(_SIGNATURE)) == _SIGNATURE.encode()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, UnreadableFileError):
        return False


def _refuse_other_files(folder: Path) -> None:
    others = [*_others(folder, re.compile("entries|building"))]
    others += [f"entries/{name}" for name in _others(folder / "entries", _ENTRIES)]
    others += [f"building/{name}" for name in _others(folder / "building", _BUILDING)]
    if others and not is_marked(folder):  # another process may have marked it meanwhile
        raise StoreError(
            f"{folder}: is not a store of encoded rows, as it holds {some(others)}. Nothing in it was touched. "
            "Set compute.store (or --store) to a new or empty folder, or to a store."
        )


def _others(folder: Path, own: re.Pattern[str]) -> list[str]:
    if not folder.is_dir():
        return []
    names = sorted(path.name for path in folder.iterdir())
    return [name for name in names if not own.fullmatch(name) and not _SYSTEM.fullmatch(name)]
