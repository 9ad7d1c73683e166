"""The store: a cache of encoded rows and activations on disk, computed once and memory-mapped from then on.

An entry is named by a hash of everything that determines its bytes: the settings (`key`) and the content of every
row. Nothing is ever invalidated: changed input has another name, and unused entries are evicted when space is
short. ::

    FOLDER/CACHEDIR.TAG     marks the folder as a store; nothing is written or deleted in a folder without it
    FOLDER/entries/NAME/    entry.json, image.npy, …     complete; read-only from then on
    FOLDER/building/NAME/   an entry being built; NAME.lock beside it is held by the process that builds it
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import shutil
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from platformdirs import user_cache_path

from evenhand.base.errors import StoreError
from evenhand.base.storage.files.atomic import plain
from evenhand.data.store.column import write_array
from evenhand.data.store.entry import StoreEntry, open_entry, write_about
from evenhand.data.store.locks import lock_exclusive, try_lock
from evenhand.data.store.marker import check_store, claim, is_entry, is_marked
from evenhand.data.store.ragged import Array
from evenhand.data.store.row_writer import Make, Progress, RowWriter
from evenhand.data.store.space import (
    ABOUT,
    is_described,
    list_entries,
    make_room,
    remove,
    remove_broken,
    store_errors,
    sweep,
)

_FORMAT = 1
"""Version of the format, part of every name: entries in another format are not found."""

StorePlace = Mapping[str, Any]
"""What `Store.place` returns."""


@dataclass(frozen=True)
class Cleared:
    """The result of `Store.clear`: entries and bytes removed, and entries kept because they are in use."""

    entries: int
    bytes: int
    in_use: int


class Store:
    """A cache of encoded rows and activations on disk.

    Any number of processes may use one store; of those that need the same entry, one builds it while the others
    wait. A killed process leaves no incomplete entry and blocks no other.

    Parameters
    ----------
    folder
        Its folder; None for the user's cache folder.
    limit_bytes
        Size above which the least recently used entries are removed (never one in use by a living process); None
        for no limit.
    also
        Folders of further stores to read entries from; nothing is written there.
    on_damage
        Called with a sentence about an entry that is damaged, and therefore made again; by default a warning.
    """

    def __init__(
        self,
        folder: Path | None = None,
        limit_bytes: int | None = None,
        *,
        also: Sequence[Path] = (),
        on_damage: Callable[[str], None] = warnings.warn,
    ) -> None:
        self.folder = user_cache_path("evenhand") if folder is None else Path(folder)
        self.limit_bytes = limit_bytes
        self.also = tuple(also)
        self.on_damage = on_damage

    @classmethod
    def at(cls, place: StorePlace, *, also: Sequence[Path] = ()) -> Self:
        """Return the store that `place` describes."""
        return cls(Path(place["folder"]), place["limit_bytes"], also=also)

    def place(self) -> dict[str, Any]:
        """Return folder and limit as plain values, by which another process opens the same store."""
        return {"folder": str(self.folder), "limit_bytes": self.limit_bytes}

    def rows(
        self,
        key: Mapping[str, Any],
        contents: Sequence[str],
        make: Make,
        *,
        files: Sequence[str] | None = None,
        workers: int = 1,
        progress: Progress | None = None,
    ) -> StoreEntry:
        """Return the encoded rows, computed now if they are not in the store.

        Parameters
        ----------
        key
            Plain values: all settings that determine the encoded bytes, with a hash of the code (`source_mark`).
        contents
            (n,) a hash of the bytes of each row.
        make
            Position of a row -> its named arrays, of one dtype and rank for all rows; called from threads. Raises
            `DataError` with the reason if the row cannot be decoded.
        files
            (n,) the file of each row; consecutive rows of one file are decoded by one thread, in order. None if
            every row is a file of its own.
        workers
            Threads that decode.
        progress
            Called with (rows done, rows in all).

        Raises
        ------
        StoreError
            If the folder is not writable or full.
        """
        contents = list(contents)

        def build(part: Path) -> None:
            writer = RowWriter(
                part,
                make,
                len(contents),
                files=files,
                workers=max(1, workers),
                progress=progress,
                reserve=partial(self._reserve, part.name),
            )
            writer.write()
            write_about(part, "rows", key, rows=writer.n, arrays=list(writer.columns), failures=writer.failures)

        return self._entry(_name("rows", key, contents), build)

    def open(self, name: str) -> StoreEntry:
        """Return an existing entry by its name, which one process passes to another instead of the data.

        Raises
        ------
        StoreError
            If it does not exist.
        """
        damage: list[str] = []
        found = self._found(name, self.folder, *self._others(), on_damage=damage.append)
        if found is None and damage:
            raise StoreError(f"{damage[0]} It is damaged. Run the same command again: its rows are encoded again.")
        if found is None:
            raise StoreError(
                f"{self.folder}: the encoded rows {name} do not exist; they were cleared, or removed to make room. "
                "Run the same command again to recompute them (with a larger compute.store_limit_gb)."
            )
        return found

    def array(
        self,
        key: Mapping[str, Any],
        shape: tuple[int, ...],
        dtype: npt.DTypeLike,
        fill: Callable[[Array], None],
    ) -> Array:
        """Return one large array (a read-only memory map), filled now if it is not in the store.

        Parameters
        ----------
        key
            Plain values: everything that determines the values, including hashes of the rows.
        shape, dtype
            Of the array; part of the name.
        fill
            Called with a writable memory map of zeros, to put the values in.

        Raises
        ------
        StoreError
            If the folder is not writable or full.
        """
        kind = np.dtype(dtype)

        def build(part: Path) -> None:
            self._reserve(part.name, math.prod(shape) * kind.itemsize)
            write_array(part / "array.npy", shape, kind, fill)
            write_about(part, "array", key, rows=shape[0], arrays=["array"], failures={})

        found: Array = self._entry(_name("array", {**key, "shape": shape, "dtype": kind.str}, []), build)["array"]
        return found

    def usage(self) -> pd.DataFrame:
        """Return a table of the entries: name, what, key, rows, bytes, created, used, in_use; last used first.

        Raises
        ------
        StoreError
            If the folder holds other files and is not marked as a store.
        """
        with store_errors(self.folder):
            check_store(self.folder)
            there = list_entries(self.folder / "entries")
        rows = [
            {
                "name": item.folder.name,
                "what": item.what,
                "key": item.key,
                "rows": item.rows,
                "bytes": item.bytes,
                "created": pd.Timestamp(item.created),
                "used": pd.Timestamp(item.used, unit="s", tz="UTC").floor("s"),
                "in_use": _in_use(item.folder),
            }
            for item in reversed(there)
        ]
        return pd.DataFrame(rows, columns=["name", "what", "key", "rows", "bytes", "created", "used", "in_use"])

    def clear(self, unused_days: float = 0.0) -> Cleared:
        """Remove entries not used for so many days (by default all), and what killed processes left.

        Entries in use by a living process stay.

        Raises
        ------
        StoreError
            If the folder holds other files and is not marked as a store; then nothing is removed.
        """
        with store_errors(self.folder):
            check_store(self.folder)
            sweep(self.folder / "building")
            # A time in the future (a clock that was wrong) says nothing: such an entry counts as used just now.
            now = time.time()
            until = now - unused_days * 86_400
            old = [item for item in list_entries(self.folder / "entries") if min(item.used, now) <= until]
            gone = [item.bytes for item in old if remove(item.folder, self.folder / "building")]
        return Cleared(entries=len(gone), bytes=sum(gone), in_use=len(old) - len(gone))

    def _reserve(self, own: str, need: int, written: int = 0) -> None:
        with store_errors(self.folder):
            make_room(self.folder, need, self.limit_bytes, own=own, written=written)

    def _entry(self, name: str, build: Callable[[Path], None]) -> StoreEntry:
        place = self.folder / "entries" / name
        with store_errors(self.folder):
            found = open_entry(place, lambda what: self.on_damage(f"{what} It is damaged, and made again."))
        if found is None:
            found = self._found(name, *self._others()) or self._built(place, build)
        with contextlib.suppress(OSError):  # an entry of another store, or a read-only one
            os.utime(place / ABOUT, follow_symlinks=False)
        return found

    def _others(self) -> list[Path]:
        """Return the folders of further stores that are there; a record of somebody else may name any folder."""
        return [folder for folder in self.also if is_marked(folder)]

    def _found(
        self, name: str, *folders: Path, on_damage: Callable[[str], None] = lambda _: None
    ) -> StoreEntry | None:
        """Return an entry from the first of the folders that has it."""
        there = (
            open_entry(folder / "entries" / name, on_damage, note=folder == self.folder)
            for folder in folders
            if is_entry(name)
        )
        return next((entry for entry in there if entry is not None), None)

    def _built(self, place: Path, build: Callable[[Path], None]) -> StoreEntry:
        with self._building(place.name) as part:
            found = open_entry(place)  # another process may have built it while this one waited for the lock
            if found is not None:
                return found
            # Not within `store_errors`: an OSError while a row is decoded is not about the store.
            build(part)
            with store_errors(self.folder):
                built = open_entry(part)  # before the rename, so that no other process can evict it in between
                # an incomplete one may be there, and a folder cannot be renamed onto it
                remove_broken(place, self.folder / "building")
                part.rename(place)
        if built is None:
            raise StoreError(f"{place}: what was written cannot be read back. Set compute.store to another disk.")
        return built

    @contextlib.contextmanager
    def _building(self, name: str) -> Iterator[Path]:
        """Yield an empty folder to build an entry in, locked for this process, and remove what is left of it."""
        building = self.folder / "building"
        part = building / name
        with store_errors(self.folder):
            claim(self.folder)
            (self.folder / "entries").mkdir(parents=True, exist_ok=True)
            building.mkdir(exist_ok=True)
            sweep(building)
            lock = lock_exclusive(building / f"{name}.lock")
        with lock:
            try:
                # of a process that was killed while it built
                shutil.rmtree(part, ignore_errors=True)
                with store_errors(self.folder):
                    part.mkdir()
                yield part
            finally:
                shutil.rmtree(part, ignore_errors=True)
                (building / f"{name}.lock").unlink(missing_ok=True)

    def __repr__(self) -> str:
        return f"Store({str(self.folder)!r}, limit_bytes={self.limit_bytes})"


def _name(what: str, key: Mapping[str, Any], contents: Sequence[str]) -> str:
    text = json.dumps([_FORMAT, what, plain(dict(key)), contents], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _in_use(entry: Path) -> bool:
    """Return whether a living process uses an entry."""
    hold = try_lock(entry / ABOUT)
    if hold is None:
        return is_described(entry)
    hold.release()
    return False
