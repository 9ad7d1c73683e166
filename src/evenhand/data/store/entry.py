"""A complete entry of the store, opened."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.base.errors import StoreError, unknown
from evenhand.base.storage.files.atomic import plain, to_json
from evenhand.base.storage.files.checksums import mark_of
from evenhand.base.storage.sealed_json import SealError, sealed_document
from evenhand.data.store.column import read_column
from evenhand.data.store.locks import FileLock, lock_shared
from evenhand.data.store.ragged import Array, Ragged
from evenhand.data.store.space import ABOUT, read_about
from evenhand.data.store.verified import damaged_array, note_verified


@dataclass(frozen=True, eq=False, repr=False)
class StoreEntry:
    """Encoded rows: `entry["image"]` is an (n, …) memory map, or a `Ragged` if rows differ in shape.

    Attributes
    ----------
    name
        Name for `Store.open`.
    rows
        n.
    arrays
        Name -> array; empty if no row was decoded.
    failures
        Row -> why it could not be decoded. Such a row holds zeros in the shape of the first decoded row.
    """

    name: str
    rows: int
    arrays: Mapping[str, Array | Ragged]
    failures: Mapping[int, str]
    _hold: FileLock | None = field(default=None)

    def __getitem__(self, name: str) -> Any:
        if name not in self.arrays:
            raise StoreError(unknown("array", name, self.arrays))
        return self.arrays[name]

    def __contains__(self, name: object) -> bool:
        return name in self.arrays

    def __len__(self) -> int:
        return self.rows

    def __repr__(self) -> str:
        parts = [
            f"{name} {value!r}" if isinstance(value, Ragged) else f"{name} {value.shape} {value.dtype}"
            for name, value in self.arrays.items()
        ]
        failed = [f"{len(self.failures):,} failed"] if self.failures else []
        return f"Entry({', '.join([f'{self.rows:,} rows', *parts, *failed])})"


def open_entry(
    folder: Path, on_damage: Callable[[str], None] = lambda _: None, *, note: bool = True
) -> StoreEntry | None:
    """Return the entry in a folder, or None if there is none or it is incomplete or damaged.

    The entry is locked as in use until it and every array taken from it are garbage-collected.

    Parameters
    ----------
    on_damage
        Called with a sentence where the entry is damaged.
    note
        Whether it may be noted there that the arrays were verified.
    """
    if folder.is_symlink():  # in a store of somebody else; it would be noted elsewhere what was verified
        return None
    # Locked before anything is read: an eviction in between would remove files that were just listed.
    hold = lock_shared(folder / ABOUT)
    if hold is None:
        return None
    try:
        found = read_about(folder)
        about = found.content
        if _leads_out(folder, [*about["files"], *about["arrays"], *found.marks]) or not _is_complete(
            folder, about["files"]
        ):
            return None
        if (name := damaged_array(folder, found.marks, note=note)) is not None:
            on_damage(f"{folder / name}: does not match its checksum.")
            return None
        arrays = {name: _array(folder, name, hold) for name in about["arrays"]}
        failures = {int(row): reason for row, reason in about["failures"].items()}
        return StoreEntry(folder.name, about["rows"], arrays, failures, hold)
    except SealError as error:
        on_damage(f"{folder / ABOUT}: {error}.")
        return None
    # half removed, or damaged by a power failure: to be built again, like one that was never there
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_about(
    folder: Path, what: str, key: Mapping[str, Any], *, rows: int, arrays: list[str], failures: Mapping[int, str]
) -> None:
    """Write entry.json, the description of an entry and its last file, after all others are complete."""
    files = {path.name: path.stat().st_size for path in sorted(folder.glob("*.npy"))}
    document = {
        "what": what,
        "key": plain(dict(key)),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "rows": rows,
        "bytes": sum(files.values()),
        "files": files,
        "arrays": arrays,
        "failures": {str(row): reason for row, reason in failures.items()},
    }
    marks = {name: mark_of(folder / name) for name in files}
    note_verified(folder, marks)
    (folder / ABOUT).write_text(to_json(sealed_document(document, marks), indent=1), encoding="utf-8")


def _leads_out(folder: Path, names: Iterable[str]) -> bool:
    """Return whether names of an entry are paths, or there are links, as only somebody else makes them."""
    with os.scandir(folder) as items:
        return any("/" in name for name in names) or any(item.is_symlink() for item in items)


def _is_complete(folder: Path, files: Mapping[str, int]) -> bool:
    """Return whether every file has its recorded size: after a power failure, files written last may be short.

    On the usual file systems the length of a file covers only what reached the disk, so the sizes show the loss.
    Flushing gigabytes to be sure would take longer than decoding them again.
    """
    return all((folder / name).stat().st_size == length for name, length in files.items())


def _array(folder: Path, name: str, hold: FileLock) -> Array | Ragged:
    parts = read_column(folder, name)
    for part in parts:
        _tie_to_mapping(part, hold)
    return parts[0] if len(parts) == 1 else Ragged(*parts)


def _tie_to_mapping(part: Array, hold: FileLock) -> None:
    """Keep the lock as long as the mapping, which every view of the array keeps alive."""
    if isinstance(part, np.memmap):
        weakref.finalize(part._mmap, _forget, hold)  # type: ignore[attr-defined]


def _forget(_: FileLock) -> None:
    """Do nothing: the finalizer only held the reference."""
