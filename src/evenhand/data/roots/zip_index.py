"""The index of a zip: decoded names, without unsafe ones, and checked for bombs."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from evenhand.base.errors import DataError
from evenhand.base.text.escaping import printable
from evenhand.data.roots import encodings
from evenhand.data.roots.file_names import in_clutter, relative_name
from evenhand.data.roots.skipped import Skipped

_METHODS = frozenset({0, 8, 12})  # stored, deflate, bzip2
_OTHER_METHODS = {9: "deflate64", 14: "lzma", 93: "zstd", 95: "xz", 98: "ppmd"}
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1
_UNICODE_PATH = 0x7075  # Info-ZIP's extra field (APPNOTE.TXT 4.6.9)


@dataclass(frozen=True)
class ZipLimits:
    """Sizes above which a zip is taken for a bomb.

    Attributes
    ----------
    entries
        Number of files.
    total
        Bytes of all files, unpacked.
    ratio, free
        Unpacked to packed bytes of one file, for files above `free` bytes (deflate reaches 1032 at most).
    """

    entries: int = 5_000_000
    total: int = 1 << 40
    ratio: float = 200.0
    free: int = 64 << 20


@dataclass(frozen=True)
class ZipEntry:
    """Location of a file in a zip: offset of its header, bytes packed and unpacked, method, checksum."""

    offset: int
    packed: int
    size: int
    method: int
    crc: int


@dataclass(frozen=True)
class Listing:
    """The files of a zip by name, skipped entries, the encoding of names not marked as UTF-8, and empty folders."""

    entries: dict[str, ZipEntry]
    skipped: tuple[Skipped, ...]
    encoding: str
    empty: tuple[str, ...] = ()


def list_entries(path: Path, encoding: str | None, limits: ZipLimits) -> Listing:
    """Return the files of a zip.

    Raises
    ------
    DataError
        If it is damaged, or a bomb.
    """
    every = _directory(path)
    infos = [info for info in every if not info.orig_filename.endswith(("/", "\\"))]
    _refuse_bombs(path, infos, limits)
    encoding = encoding or encodings.guess([_raw(info) for info in infos if not _marked(info)])
    entries: dict[str, ZipEntry] = {}
    skipped: list[Skipped] = []
    for info in infos:
        name = _spelled(info, encoding)
        try:
            clean = relative_name(name)
        except ValueError as error:
            skipped.append(Skipped(printable(name), f"its name in the zip {error}"))
            continue
        if in_clutter(clean):
            continue
        fault = _fault(info)
        if fault or clean in entries:
            skipped.append(Skipped(clean, fault or "is in the zip twice; the last one counts"))
        if not fault:
            entries[clean] = ZipEntry(
                info.header_offset, info.compress_size, info.file_size, info.compress_type, info.CRC
            )
    folders = [_spelled(info, encoding) for info in every if info.orig_filename.endswith(("/", "\\"))]
    return Listing(entries, tuple(skipped), encoding, _empty(folders, entries))


def _empty(folders: Iterable[str], files: Iterable[str]) -> tuple[str, ...]:
    """Return those of the folders in which there is neither a file nor a folder."""
    clean = set()
    for folder in folders:
        with suppress(ValueError):  # names that lead out of the zip hold nothing that is read
            clean.add(relative_name(folder))
    held: set[str] = set()
    for name in (*files, *clean):
        above = name.rpartition("/")[0]
        while above and above not in held:  # above one that is held, all are held already
            held.add(above)
            above = above.rpartition("/")[0]
    return tuple(sorted(name for name in clean - held if not in_clutter(name)))


def _directory(path: Path) -> Sequence[zipfile.ZipInfo]:
    """Return the entries of the central directory; raises `DataError` if it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.infolist()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}).") from None
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError, EOFError, OverflowError) as error:
        raise DataError(f"{path}: the zip is damaged ({error}). Download it again, or unpack it.") from None


def _refuse_bombs(path: Path, infos: Sequence[zipfile.ZipInfo], limits: ZipLimits) -> None:
    """Raise `DataError` if an archive would unpack to absurd amounts (Fifield 2019, "A better zip bomb")."""
    total = sum(info.file_size for info in infos)
    if len(infos) > limits.entries:
        _refuse(path, f"{len(infos):,} files; at most {limits.entries:,} are read")
    if total > limits.total:
        _refuse(path, f"{total:,} bytes unpacked; at most {limits.total:,} are read")
    for info in infos:
        if info.file_size > limits.free and info.file_size > limits.ratio * max(info.compress_size, 1):
            ratio = info.file_size / max(info.compress_size, 1)
            _refuse(path, f'"{printable(info.filename)}" unpacks to {ratio:,.0f} times its size')
    # Fifield's bomb: many entries share the same packed bytes. In an honest zip no entry overlaps another.
    ends = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < ends:
            _refuse(path, f'"{printable(info.filename)}" overlaps another file')
        ends = info.header_offset + 30 + info.compress_size  # 30: the fixed part of a local header


def _refuse(path: Path, found: str) -> None:
    raise DataError(
        f"{path}: looks like a zip bomb: {found}. If you trust it, unpack it and give the folder as root."
    )


def _fault(info: zipfile.ZipInfo) -> str | None:
    """Return why an entry cannot be read, or None."""
    if info.flag_bits & _ENCRYPTED_FLAG:
        return "is encrypted in the zip; unpack it with its password and give the folder as root"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a symbolic link in the zip"
    if info.compress_type not in _METHODS:
        method = _OTHER_METHODS.get(info.compress_type, f"number {info.compress_type}")
        return f"is compressed with an unsupported method ({method}); unpack the zip and give the folder"
    return None


def _marked(info: zipfile.ZipInfo) -> bool:
    return bool(info.flag_bits & _UTF8_FLAG)


def _raw(info: zipfile.ZipInfo) -> bytes:
    """Return the bytes of a name that is not marked as UTF-8 (zipfile decodes it as cp437, byte for byte)."""
    # `filename` has been cut at a NUL and had its separators replaced
    return info.orig_filename.encode("cp437")


def _spelled(info: zipfile.ZipInfo, encoding: str) -> str:
    if _marked(info):
        return info.orig_filename
    return _unicode_path(info) or encodings.decode(_raw(info), encoding)


def _unicode_path(info: zipfile.ZipInfo) -> str | None:
    """Return the name in Info-ZIP's extra field, if present and valid.

    The field holds a checksum of the name it was made for: a program that renames an entry may leave it behind.
    """
    extra = info.extra
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        body, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == _UNICODE_PATH and len(body) > 5 and body[0] == 1:
            if struct.unpack_from("<I", body, 1)[0] != zlib.crc32(_raw(info)):
                return None
            try:
                return body[5:].decode("utf-8")
            except UnicodeDecodeError:
                return None
    return None
