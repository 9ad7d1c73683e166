"""Room for the store: what lies in it, what goes when it is too large, and words for a disk that refuses."""

from __future__ import annotations

import contextlib
import errno
import json
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenhand.base.errors import StoreError
from evenhand.data.store.locks import own_now
from evenhand.data.store.marker import is_entry, is_lock, is_trash

ABOUT = "entry.json"
"""File of an entry that says what it is; also the file that is locked, and touched on use."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True)
class Item:
    """One finished entry as it lies on the disk.

    Attributes
    ----------
    folder
        Where it lies; its name is the entry's.
    what, key
        "rows" or "array", and the plain values that decided its bytes.
    rows, bytes
        How large it is.
    created
        When, ISO 8601.
    used
        When last, seconds since 1970.
    """

    folder: Path
    what: str
    key: dict[str, Any]
    rows: int
    bytes: int
    created: str
    used: float


def items(entries: Path) -> list[Item]:
    """Return the finished entries, the one not used for longest first."""
    found = []
    for path in entries.glob(f"*/{ABOUT}"):
        if not is_entry(path.parent.name):
            continue
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # going away, or broken
            about, used = json.loads(path.read_text(encoding="utf-8")), path.stat().st_mtime
            size_and_age = int(about["rows"]), int(about["bytes"]), str(about["created"]), used
            found.append(Item(path.parent, str(about["what"]), dict(about["key"]), *size_and_age))
    return sorted(found, key=lambda item: item.used)


def make_room(folder: Path, need: int, limit: int | None) -> None:
    """Remove entries not used for longest until `need` bytes fit below the limit and on the disk.

    Entries that a living process uses stay, even if the store is over its limit for as long.

    Raises
    ------
    StoreError
        If the bytes do not fit.
    """
    if limit is not None and need > limit:
        raise StoreError(
            f"{folder}: this entry needs {size(need)}, more than the whole store may hold ({size(limit)}). "
            "Raise compute.store_limit_gb."
        )
    there = items(folder / "entries")
    total = sum(item.bytes for item in there)
    for item in there:
        over = limit is not None and total + need > limit
        if not over and shutil.disk_usage(folder).free >= need:
            return
        if remove(item.folder, folder / "building"):
            total -= item.bytes
    free = shutil.disk_usage(folder).free
    if free < need:
        raise StoreError(f"{folder}: this entry needs {size(need)}, but {size(free)} are free. {_MORE_ROOM}")


def remove(entry: Path, building: Path) -> bool:
    """Remove one entry, unless a living process uses it; return whether it is gone.

    It leaves sight in one step; a process killed while deleting leaves only what `sweep` takes away.
    """
    hold = own_now(entry / ABOUT)
    if hold is None:
        return False
    with hold, contextlib.suppress(FileNotFoundError):
        shutil.rmtree(_out_of_sight(entry, building), ignore_errors=True)
    return True


def remove_broken(entry: Path, building: Path) -> None:
    """Remove a folder that stands in the place of an entry and is none."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(_out_of_sight(entry, building), ignore_errors=True)


def sweep(building: Path) -> None:
    """Remove what killed processes left: half-built entries whose lock nobody holds, and half-deleted ones.

    Only for the folder of a store, and only what has a name that a store gives.
    """
    for path in building.iterdir() if building.is_dir() else []:
        if is_trash(path.name):
            shutil.rmtree(path, ignore_errors=True)
        elif is_lock(path.name):
            _sweep_one(path)


def _sweep_one(lock: Path) -> None:
    hold = own_now(lock)
    if hold is not None:
        with hold:
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink(missing_ok=True)


def _out_of_sight(entry: Path, building: Path) -> Path:
    building.mkdir(parents=True, exist_ok=True)
    return entry.rename(building / f"{entry.name}.{secrets.token_hex(4)}.trash")


_MORE_ROOM = (
    'Free some space, clear the store (see "evenhand cache"), or set compute.store to a folder on a larger disk.'
)


@contextlib.contextmanager
def in_words(folder: Path) -> Iterator[None]:
    """Turn what the operating system refuses into a `StoreError` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreError(f"{folder}: the disk is full, or a quota is used up. {_MORE_ROOM}") from None
        why = error.strerror or type(error).__name__
        raise StoreError(
            f"{folder}: the store cannot be kept there ({why}). Set compute.store to a folder that can be written."
        ) from None


def size(count: int) -> str:
    """Return a number of bytes for a person.

    >>> size(999), size(12_340_000), size(20_000_000_000)
    ('999 bytes', '12.3 MB', '20.0 GB')
    """
    for unit, power in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= power:
            return f"{count / power:.1f} {unit}"
    return f"{count} bytes"
