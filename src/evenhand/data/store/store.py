"""The store: encoded rows and activations on disk, made once and memory-mapped from then on.

An entry is named by a hash of everything that decides its bytes: the settings (`key`) and the content of every
row. Nothing is ever invalidated; what changes gets another name, and what nobody uses goes when room is short.
::

    FOLDER/CACHEDIR.TAG     marks the folder as a store; in a folder without it nothing is written or deleted
    FOLDER/entries/NAME/    entry.json, image.npy, …     finished; read-only from then on
    FOLDER/building/NAME/   the same, half-built; NAME.lock beside it is held by the process that builds
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from platformdirs import user_cache_path

from evenhand.base.errors import StoreError
from evenhand.base.storage.atomic import plain
from evenhand.data.store.column import write_array
from evenhand.data.store.entry import StoreEntry, open_entry, write_about
from evenhand.data.store.locks import own, own_now
from evenhand.data.store.marker import check_store, claim, is_entry
from evenhand.data.store.ragged import Array
from evenhand.data.store.row_writer import Make, Progress, RowWriter
from evenhand.data.store.space import ABOUT, in_words, items, make_room, remove, remove_broken, sweep

_FORMAT = 1
"""Part of every name: entries written in another way are other entries."""


@dataclass(frozen=True)
class Cleared:
    """What `Store.clear` did: entries and bytes that went, and entries that stay because they are in use."""

    entries: int
    bytes: int
    in_use: int


class Store:
    """Encoded rows and activations on disk.

    Any number of processes may use one store; of those that need the same entry, one builds it while the
    others wait. A process that is killed leaves nothing that can be seen, and blocks nobody.

    Parameters
    ----------
    folder
        Where it lies; None for the user's cache folder.
    limit_bytes
        Size above which entries go that were not used for longest (never one that a living process uses);
        None for no limit.
    also
        Folders of further stores that entries are read from where this one lacks them; nothing is written there.
    """

    def __init__(
        self, folder: Path | None = None, limit_bytes: int | None = None, *, also: Sequence[Path] = ()
    ) -> None:
        self.folder = user_cache_path("evenhand") if folder is None else Path(folder)
        self.limit_bytes = limit_bytes
        self.also = tuple(also)

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
        """Return the encoded rows, made now if they are not there.

        Parameters
        ----------
        key
            Plain values: all settings that decide the encoded bytes, a mark of the code among them (`source_mark`).
        contents
            (n,) a hash of the bytes of each row.
        make
            Position of a row -> its named arrays, of one type and rank for all rows; called by threads.
            Raises `DataError` with the reason where the row cannot be decoded.
        files
            (n,) the file that each row is a part of; rows of one file that lie together are made by one thread,
            in order. None where every row is a file of its own.
        workers
            Threads that decode.
        progress
            Told (rows done, rows in all).

        Raises
        ------
        StoreError
            If the folder cannot be written, or has no room.
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
                reserve=self._reserve,
            )
            writer.write()
            write_about(part, "rows", key, rows=writer.n, arrays=list(writer.columns), failures=writer.failures)

        return self._entry(_name("rows", key, contents), build)

    def open(self, name: str) -> StoreEntry:
        """Return an entry that was made before, by its name; how one process tells another what to read.

        Raises
        ------
        StoreError
            If it is not there.
        """
        found = self._found(name, self.folder, *self.also)
        if found is None:
            raise StoreError(
                f"{self.folder}: the encoded rows {name} are not there; they were cleared, or went to make room. "
                "Give the same command again to make them anew (and a larger compute.store_limit_gb)."
            )
        return found

    def array(
        self,
        key: Mapping[str, Any],
        shape: tuple[int, ...],
        dtype: npt.DTypeLike,
        fill: Callable[[Array], None],
    ) -> Array:
        """Return one big array (a read-only memory map), filled now if it is not there.

        Parameters
        ----------
        key
            Plain values: everything that decides the numbers, hashes of the rows among it.
        shape, dtype
            As asked; part of the name.
        fill
            Gets a writable memory map of zeros and puts the numbers in.

        Raises
        ------
        StoreError
            If the folder cannot be written, or has no room.
        """
        kind = np.dtype(dtype)

        def build(part: Path) -> None:
            self._reserve(int(np.prod(shape)) * kind.itemsize)
            write_array(part / "array.npy", shape, kind, fill)
            write_about(part, "array", key, rows=shape[0], arrays=["array"], failures={})

        found: Array = self._entry(_name("array", {**key, "shape": shape, "dtype": kind.str}, []), build)["array"]
        return found

    def usage(self) -> pd.DataFrame:
        """Return a table of the entries: name, what, key, rows, bytes, created, used, in_use; last used first.

        Raises
        ------
        StoreError
            If the folder holds anything else and is not marked as a store.
        """
        with in_words(self.folder):
            check_store(self.folder)
            there = items(self.folder / "entries")
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
        """Remove entries not used for so many days (all, by default) and what killed processes left.

        Entries that a living process uses stay.

        Raises
        ------
        StoreError
            If the folder holds anything else and is not marked as a store; nothing is removed then.
        """
        with in_words(self.folder):
            check_store(self.folder)
            sweep(self.folder / "building")
            until = time.time() - unused_days * 86_400
            old = [item for item in items(self.folder / "entries") if item.used <= until]
            gone = [item.bytes for item in old if remove(item.folder, self.folder / "building")]
        return Cleared(entries=len(gone), bytes=sum(gone), in_use=len(old) - len(gone))

    def _reserve(self, need: int) -> None:
        with in_words(self.folder):
            make_room(self.folder, need, self.limit_bytes)

    def _entry(self, name: str, build: Callable[[Path], None]) -> StoreEntry:
        place = self.folder / "entries" / name
        with in_words(self.folder):
            found = open_entry(place)
        if found is None:
            found = self._found(name, *self.also) or self._built(place, build)
        with contextlib.suppress(OSError):  # another's store, which we may only read
            os.utime(place / ABOUT)
        return found

    def _found(self, name: str, *folders: Path) -> StoreEntry | None:
        """Return an entry from the first of the folders that has it."""
        there = (open_entry(folder / "entries" / name) for folder in folders if is_entry(name))
        return next((entry for entry in there if entry is not None), None)

    def _built(self, place: Path, build: Callable[[Path], None]) -> StoreEntry:
        with self._building(place.name) as part:
            found = open_entry(place)  # somebody may have built it while we waited for the lock
            if found is not None:
                return found
            build(part)
            with in_words(self.folder):
                whole = open_entry(part)  # before it can be seen, so that nobody can remove it in between
                remove_broken(place, self.folder / "building")
                part.rename(place)
        if whole is None:
            raise StoreError(f"{place}: what was written cannot be read back. Set compute.store to another disk.")
        return whole

    @contextlib.contextmanager
    def _building(self, name: str) -> Iterator[Path]:
        """Give an empty folder to build in, for this process alone; afterwards nothing of it is left."""
        building = self.folder / "building"
        part = building / name
        with in_words(self.folder):
            claim(self.folder)
            (self.folder / "entries").mkdir(parents=True, exist_ok=True)
            building.mkdir(exist_ok=True)
            sweep(building)
            lock = own(building / f"{name}.lock")
        with lock:
            try:
                shutil.rmtree(part, ignore_errors=True)
                with in_words(self.folder):
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
    """Whether a living process uses an entry."""
    hold = own_now(entry / ABOUT)
    if hold is None:
        return (entry / ABOUT).exists()
    hold.release()
    return False
