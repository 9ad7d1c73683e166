"""The files of a record, read and written: whole or not at all, with their checksums, damage as a sentence."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from threading import RLock
from typing import IO, Any

import pandas as pd
from cachetools import LRUCache

from evenhand.base.errors import RecordError
from evenhand.base.storage.documents.door import fault_of
from evenhand.base.storage.files.atomic import plain, read_frame, to_json
from evenhand.base.storage.files.links import refuse_link_out
from evenhand.base.storage.files.regular_file import read_regular_text
from evenhand.base.storage.manifest import MANIFEST, holds, read_manifest, record_text, recording
from evenhand.base.storage.record_format import manifest_is_lost

_READ: LRUCache[str, tuple[tuple[int, int, int], Any]] = LRUCache(maxsize=16)
"""Path of a file of a record -> its version (inode, mtime, size) and its parsed content. Verbs, rules and sections
of the report all read the same few files; a changed version invalidates the entry."""
_READING = RLock()  # reentrant: reading the samples reads data.json

INPUTS = (
    "config.toml",
    "resolved.toml",
    "environment.json",
    "data.json",
    "samples.parquet",
    "samples_generalization.parquet",
    "folds.csv",
    "folds.json",
)
"""Files that no later stage can make again: what was asked, on which rows, and how these were divided."""


@dataclass(frozen=True)
class RecordFolder:
    """A folder of files that are read through here; `path` is the folder."""

    path: Path

    def has(self, name: str) -> bool:
        """Return whether a file exists."""
        return (self.path / name).is_file()

    def sound(self, name: str) -> bool:
        """Return whether a file exists and matches its checksum, if one is known."""
        return self.has(name) and holds(self.path, name) is not False

    def wrote(self, name: str) -> bool:
        """Return whether a file exists, or should, as it was written once: reading it then says so."""
        return self.has(name) or name in read_manifest(self.path).marks

    def missing(self) -> tuple[str, ...]:
        """Return the names of files that were written once and are not there any more, sorted.

        Of a record whose manifest is lost, the manifest alone: which other files were written is not known.
        """
        if manifest_is_lost(self.path):
            return (MANIFEST,)
        return tuple(sorted(name for name in read_manifest(self.path).marks if not self.has(name)))

    def json(self, name: str) -> Any:
        """Return one of the record's JSON documents.

        Raises
        ------
        RecordError
            If the file is missing, damaged, not JSON, or does not hold what files of its name hold.
        """
        return self.described(name, self._json(name))

    def described(self, name: str, document: Any) -> Any:
        """Return a document as it was read; raises `RecordError` if it is not as `documents` describe it."""
        fault = fault_of(PurePosixPath(name).name, document)
        if fault is not None:
            raise self.damaged(name, fault)
        return document

    def _json(self, name: str) -> Any:
        try:
            return json.loads(self.text(name), parse_constant=_refuse_constant)
        except json.JSONDecodeError as error:
            raise self.damaged(name, f"is not JSON (line {error.lineno})") from None
        except RecursionError:
            raise self.damaged(name, "is not JSON (nested too deeply)") from None
        except ValueError as error:  # NaN, which no record holds, or a number of thousands of digits
            raise self.damaged(name, f"is not JSON ({first_line(error)})") from None

    def object(self, name: str) -> dict[str, Any]:
        """Return a JSON document as `json` does; a `RecordError` also if it is not an object."""
        document = self.json(name)
        if not isinstance(document, dict):
            raise self.damaged(name, f"holds {type(document).__name__}, not an object")
        return document

    def write_json(self, name: str, document: Any) -> None:
        """Write one of the record's JSON documents."""
        self.write_text(name, to_json(plain(document), indent=1) + "\n")

    def text(self, name: str) -> str:
        """Return the text of a file.

        Raises
        ------
        RecordError
            If it is missing, does not match its checksum, or is not UTF-8.
        """
        try:
            return read_regular_text(self.file(name))
        except UnicodeDecodeError as error:
            raise self.damaged(name, f"is not UTF-8 (byte {error.start})") from None
        except OSError as error:
            raise self._unreadable(name, error) from None

    def write_text(self, name: str, text: str) -> None:
        """Write a text file, and its checksum into the manifest."""
        record_text(self.path, name, text)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table that `write_table` wrote.

        Raises
        ------
        RecordError
            If it is missing, does not match its checksum, or is not Parquet.
        """
        path = self.file(name)
        try:
            table = read_frame(path)
        except (OSError, ValueError) as error:
            raise self.damaged(name, f"is not a Parquet table ({first_line(error)})") from None
        for column, cells in table.items():
            if pd.api.types.is_object_dtype(cells) and any(isinstance(cell, bytes) for cell in cells):
                raise self.damaged(name, f"holds bytes, not text, in its column {column}")
        return table

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table, NAME.parquet."""
        with recording(self.path, name) as part:
            table.to_parquet(part, index=False)

    def file(self, name: str) -> Path:
        """Return the path of a file that is there and matches its checksum.

        Raises
        ------
        RecordError
            If it is missing or damaged, or lies outside of the record.
        """
        path = self.path / name
        if not path.is_file():
            if name in read_manifest(self.path).marks:
                raise self.damaged(name, "is missing, though the run wrote it")
            if self.has("scores.json"):
                raise self.damaged(name, "is missing, though the run is finished")
            raise RecordError(
                f"{self.path}: has no {name}. The run did not get that far: run the same configuration again to "
                "resume it."
            )
        self.inside(name)
        if holds(self.path, name) is False:
            raise self.damaged(name, "does not match its checksum: it was damaged, or changed by hand")
        return path

    def inside(self, name: str) -> Path:
        """Return the path of a file; raises `RecordError` where it leads out of the record."""
        path = self.path / name
        refuse_link_out(path, self.path)
        return path

    def damaged(self, name: str, what: str) -> RecordError:
        """Return the error for a file that cannot be used: what is wrong with it, and what to do."""
        return RecordError(f"{self.path / name}: {what}. The record is damaged; {remedy(self.path, name)}")

    def _unreadable(self, name: str, error: OSError) -> RecordError:
        return RecordError(f"{self.path / name}: cannot be read ({error.strerror or error}).")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the record while a process works on it; raises `RecordError` if another one holds the lock.

        The operating system releases the lock with the process, so a killed run never blocks the next.
        """
        with self._lock_file() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RecordError(
                    f"{self.path}: another process is working on this record. Wait for it, or start a new record "
                    "with --fresh."
                ) from None
            yield

    def _lock_file(self) -> IO[str]:
        # Neither truncated nor through a link: in a record of somebody else it may lead to a file of the reader.
        try:
            descriptor = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise RecordError(f"{self.path}: its .lock is a link. Remove it.") from None
            raise
        return os.fdopen(descriptor, "r+")

    def cached(self, name: str, read: Callable[[], Any]) -> Any:
        """Return the parsed content of a file; it is read again only if it changed since."""
        path = self.file(name)
        stat = path.stat()
        # A replaced file has another inode; one written in place, another time or size.
        key, version = str(path.resolve()), (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        # One lock for all files: readers of the same file wait for the first instead of parsing it again.
        with _READING:
            if key not in _READ or _READ[key][0] != version:
                _READ[key] = version, read()
            return _READ[key][1]


AGAIN = "run the same configuration again: what is sound is kept, and the rest made again"
"""What to do about results: `run` takes up a finished record too, where it has lost some of them."""

_LATER = {"report.html": "report {}", "audit.json": "audit {}", "earliness.json": "earliness {}"}
"""Files that other verbs write -> how they write them again."""


def remedy(folder: Path, name: str) -> str:
    """Return what to do about a damaged or missing file of a record."""
    if name in INPUTS:
        return "restore the file from a copy, or run the configuration again with --fresh."
    if name in _LATER:
        return f"write it again with: evenhand {_LATER[name].format(folder)}"
    if name == "ablation.json":
        return "restore the file from a copy, or delete it and run evenhand ablation with its configuration again."
    return f"restore the file from a copy, or {AGAIN}."


def first_line(error: Exception) -> str:
    """Return the first line of an error's text."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"it holds {name}")
