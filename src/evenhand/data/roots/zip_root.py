"""A zip as a root: read in place from many threads, and no entry beyond the size it declares."""

from __future__ import annotations

import bz2
import os
import struct
import weakref
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from evenhand.base.errors import DataError
from evenhand.base.storage.files.disk_errors import raise_disk_fault
from evenhand.data.roots.content_hash import content_hash
from evenhand.data.roots.skipped import Skipped
from evenhand.data.roots.zip_index import Listing, ZipEntry, ZipLimits, list_entries

# signature, 22 bytes that the central directory has as well, lengths of the name and the extra field
_HEADER = struct.Struct("<4s22xHH")


@dataclass(frozen=True)
class ZipRoot:
    """The files in a zip, without unpacking it.

    All threads share one descriptor (`pread` has no file position); another process opens its own. `zipfile` would
    serialise reads with a lock.

    Parameters
    ----------
    path
        The zip.
    encoding
        Code page of names that are not marked as UTF-8; None to guess it.
    limits
        Sizes above which the archive is refused.
    known
        Files whose place is known from before, in the same archive: they are read without reading its index, which
        takes a second for each hundred thousand files.
    """

    path: Path
    encoding: str | None = None
    limits: ZipLimits = ZipLimits()  # noqa: RUF009  (frozen)
    known: Mapping[str, ZipEntry] = field(default_factory=dict, repr=False, compare=False)

    def names(self) -> Sequence[str]:
        return self._names

    def skipped(self) -> Sequence[Skipped]:
        return self._listing.skipped

    def empty_folders(self) -> Sequence[str]:
        return self._listing.empty

    def size(self, name: str) -> int:
        return self._entry(name).size

    def content(self, name: str) -> str:
        return content_hash(self.read(name))

    def read(self, name: str) -> bytes:
        entry = self._entry(name)
        raw = _unpack(self._packed(entry), entry)
        if len(raw) != entry.size or zlib.crc32(raw) != entry.crc:
            raise DataError("is damaged in the zip (its checksum is wrong)")
        return raw

    def _packed(self, entry: ZipEntry) -> bytes:
        """Return the packed bytes of an entry.

        They follow the local header, whose name and extra field may differ in length from the central directory's.
        """
        try:
            return self._read_packed(entry)
        except OSError as error:
            raise_disk_fault(error, self.path)
            raise DataError(f"cannot be read in the zip ({error.strerror or error})") from None

    def _read_packed(self, entry: ZipEntry) -> bytes:
        header = os.pread(self._descriptor, _HEADER.size, entry.offset)
        if len(header) < _HEADER.size or not header.startswith(b"PK\3\4"):
            raise DataError("is damaged in the zip (its header is not where it should be)")
        _, name_bytes, extra_bytes = _HEADER.unpack(header)
        start = entry.offset + _HEADER.size + name_bytes + extra_bytes
        packed = _read_exactly(self._descriptor, entry.packed, start)
        if len(packed) < entry.packed:
            raise DataError("is cut off in the zip")
        return packed

    def entries(self, names: Iterable[str]) -> dict[str, ZipEntry]:
        """Return the places of those of some files that are there, for `known`."""
        every = self._listing.entries
        return {name: every[name] for name in names if name in every}

    def _entry(self, name: str) -> ZipEntry:
        found = self.known.get(name)
        if found is not None:
            return found
        try:
            return self._listing.entries[name]
        except KeyError:
            raise DataError(f"is not in {self.path.name}") from None

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(sorted(self._listing.entries))

    @cached_property
    def _listing(self) -> Listing:
        return list_entries(self.path, self.encoding, self.limits)

    @cached_property
    def _descriptor(self) -> int:
        descriptor = os.open(self.path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        weakref.finalize(self, os.close, descriptor)
        return descriptor

    # Without descriptor and listing: another process opens its own.
    def __getstate__(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


def _unpack(packed: bytes, entry: ZipEntry) -> bytes:
    """Return the bytes of an entry, at most one more than it declares: enough to notice that it lied."""
    try:
        if entry.method == 8:
            # -15: raw deflate with the largest window; a zip has no zlib header
            return zlib.decompressobj(-15).decompress(packed, entry.size + 1)
        if entry.method == 12:
            return bz2.BZ2Decompressor().decompress(packed, entry.size + 1)
    except (zlib.error, OSError, EOFError, ValueError) as error:
        raise DataError(f"is damaged in the zip ({error})") from None
    return packed


def _read_exactly(descriptor: int, count: int, start: int) -> bytes:
    """Return `count` bytes from `start` on, or fewer at the end of the file (one `pread` may return less)."""
    parts: list[bytes] = []
    while count > 0:
        part = os.pread(descriptor, min(count, 1 << 30), start)
        if not part:
            break
        parts.append(part)
        start += len(part)
        count -= len(part)
    return b"".join(parts)
