"""Disk space of the store: listing entries, evicting the least recently used, and messages for a full disk."""

from __future__ import annotations

import contextlib
import errno
import secrets
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenhand.base.errors import StoreError
from evenhand.base.storage.documents.door import fault_of
from evenhand.base.storage.files.folders import file_in_the_way
from evenhand.base.storage.sealed_json import Sealed, SealError, read_sealed
from evenhand.data.store.locks import try_lock
from evenhand.data.store.marker import is_entry, is_lock, is_trash

ABOUT = "entry.json"
"""File that describes an entry; it is also locked while in use, and touched on use (its mtime orders eviction)."""

DAMAGED = "damaged"
"""What an entry is whose description cannot be read: it is made again when it is needed."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True)
class EntryInfo:
    """A complete entry on disk.

    Attributes
    ----------
    folder
        Its folder, which has the entry's name.
    what, key
        "rows", "array" or "damaged", and the plain values that determine its bytes.
    rows, bytes
        Its size.
    created
        Time, ISO 8601; "" for a damaged entry.
    used
        Time of the last use, seconds since 1970.
    """

    folder: Path
    what: str
    key: dict[str, Any]
    rows: int
    bytes: int
    created: str
    used: float


def list_entries(entries: Path) -> list[EntryInfo]:
    """Return the complete entries, the least recently used first."""
    found = []
    for folder in entries.iterdir() if entries.is_dir() else []:
        if not is_entry(folder.name) or folder.is_symlink() or not folder.is_dir():  # no store makes links
            continue
        with contextlib.suppress(OSError):  # being removed
            found.append(_described(folder))
    return sorted(found, key=lambda item: item.used)


def read_about(folder: Path) -> Sealed:
    """Return the description of an entry.

    Raises
    ------
    SealError
        If it is damaged, or not as described in `EntryDocument`.
    OSError
        If it cannot be read.
    """
    found = read_sealed(folder / ABOUT)
    if (fault := fault_of(ABOUT, found.content)) is not None:
        raise SealError(fault)
    rows = found.content["rows"]
    for row in found.content["failures"]:
        if not (row.isdecimal() and row.isascii() and int(row[:20]) < rows):
            raise SealError(f'holds "{row[:40]}" at failures, which is none of its {rows:,} rows')
    return found


def is_described(entry: Path) -> bool:
    """Return whether an entry has a description that is a file of its own, sound or not."""
    try:
        return stat.S_ISREG((entry / ABOUT).lstat().st_mode)
    except OSError:
        return False


def _described(folder: Path) -> EntryInfo:
    """Return what an entry.json says; where it is damaged, what the disk says, so that the entry can be evicted."""
    path = folder / ABOUT
    try:
        if not is_described(folder):  # a link, which leads elsewhere
            raise ValueError
        about = read_about(folder).content
        size_and_age = about["rows"], about["bytes"], about["created"], path.stat().st_mtime
        return EntryInfo(folder, about["what"], about["key"], *size_and_age)
    except (OSError, ValueError):
        files = [file.lstat() for file in folder.glob("*.npy")]
        used = max((file.st_mtime for file in files), default=folder.stat().st_mtime)
        return EntryInfo(folder, DAMAGED, {}, 0, sum(file.st_size for file in files), "", used)


def make_room(folder: Path, need: int, limit: int | None, *, own: str = "", written: int = 0) -> None:
    """Remove the least recently used entries until `need` bytes fit below the limit and on the disk.

    Entries in use by a living process, or being built by one, stay, even if the store then exceeds its limit.

    Parameters
    ----------
    own
        Name of the entry that needs them, which is not counted as one that is being built.
    written
        How many of the bytes are on the disk already.

    Raises
    ------
    StoreError
        If the bytes do not fit.
    """
    if limit is not None and need > limit:
        raise StoreError(
            f"{folder}: this entry needs {format_bytes(need)}, more than the limit of the whole store "
            f"({format_bytes(limit)}). "
            "Raise compute.store_limit_gb."
        )
    there = list_entries(folder / "entries")
    total = sum(item.bytes for item in there) + _bytes_being_built(folder / "building", own)
    for item in there:
        over = limit is not None and total + need > limit
        if not over and shutil.disk_usage(folder).free >= need - written:
            return
        if remove(item.folder, folder / "building"):
            total -= item.bytes
    free = shutil.disk_usage(folder).free
    if free < need - written:
        raise StoreError(
            f"{folder}: this entry needs {format_bytes(need - written)}, but {format_bytes(free)} are free. "
            f"{_MORE_ROOM}"
        )


def _bytes_being_built(building: Path, own: str) -> int:
    """Return the bytes of entries that are being built, without one's own."""
    total = 0
    for part in building.iterdir() if building.is_dir() else []:
        if is_entry(part.name) and part.name != own and not part.is_symlink():
            for path in part.glob("*.npy"):
                with contextlib.suppress(OSError):  # done or given up meanwhile
                    total += path.stat().st_size
    return total


def remove(entry: Path, building: Path) -> bool:
    """Remove one entry, unless a living process uses it; return whether it was removed.

    It is renamed first, so that it disappears in one step; what a process killed while deleting leaves behind is
    removed by `sweep`.
    """
    if not is_described(entry):  # no process can open it
        remove_broken(entry, building)
        return True
    # Readers hold a shared lock on it as long as any of their arrays lives.
    hold = try_lock(entry / ABOUT)
    if hold is None:
        return False
    with hold, contextlib.suppress(FileNotFoundError):
        _delete(_move_to_trash(entry, building))
    return True


def remove_broken(entry: Path, building: Path) -> None:
    """Remove a folder that has the name of an entry and is not a complete one."""
    with contextlib.suppress(FileNotFoundError):
        _delete(_move_to_trash(entry, building))


def _delete(folder: Path) -> None:
    """Delete a folder; of a link to one, as a store from somebody else may hold, the link alone."""
    if folder.is_symlink():
        folder.unlink(missing_ok=True)
    else:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(building: Path) -> None:
    """Remove what killed processes left: half-built entries whose lock is free, and half-deleted ones.

    Only in the folder of a store, and only names that a store gives.
    """
    for path in building.iterdir() if building.is_dir() else []:
        if is_trash(path.name):
            _delete(path)
        elif is_lock(path.name):
            _sweep_one(path)


def _sweep_one(lock: Path) -> None:
    hold = try_lock(lock)
    if hold is not None:
        with hold:
            # The folder before its lock file, by whose name a sweep finds it.
            _delete(lock.with_suffix(""))
            lock.unlink(missing_ok=True)


def _move_to_trash(entry: Path, building: Path) -> Path:
    building.mkdir(parents=True, exist_ok=True)
    return entry.rename(building / f"{entry.name}.{secrets.token_hex(4)}.trash")


_MORE_ROOM = (
    'Free some space, clear the store (see "evenhand cache"), or set compute.store to a folder on a larger disk.'
)


@contextlib.contextmanager
def store_errors(folder: Path) -> Iterator[None]:
    """Convert an `OSError` to a `StoreError` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreError(f"{folder}: the disk is full, or a quota is used up. {_MORE_ROOM}") from None
        if (found := file_in_the_way(folder)) is not None:
            raise StoreError(
                f"{folder}: the store cannot be there, as {found} is a file. Set compute.store (or --store) to a "
                "folder."
            ) from None
        why = error.strerror or type(error).__name__
        raise StoreError(
            f"{folder}: the store cannot be written there ({why}). Set compute.store to a writable folder."
        ) from None


def format_bytes(count: int) -> str:
    """Return a number of bytes as text.

    >>> format_bytes(999), format_bytes(12_340_000), format_bytes(20_000_000_000)
    ('999 bytes', '12.3 MB', '20.0 GB')
    """
    for unit, power in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= power:
            return f"{count / power:.1f} {unit}"
    return f"{count} bytes"
