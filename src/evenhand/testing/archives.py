"""Zips as common packers write them, and malicious ones."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path


def write_zip(path: Path, files: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write an ordinary zip."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, raw in files.items():
            archive.writestr(name, raw)
    return path


def write_legacy_zip(path: Path, files: Mapping[str, bytes], encoding: str) -> Path:
    """Write a zip whose names are in a legacy code page, as Windows and many other packers write them."""
    # zipfile writes ASCII or UTF-8 only: an ASCII stand-in of the same length is written, then overwritten.
    encoded = {name: name.encode(encoding) for name in files}
    stand_in = {
        name: f"\x01{str(n).rjust(len(raw) - 2, chr(2))}\x03" for n, (name, raw) in enumerate(encoded.items())
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, raw in files.items():
            archive.writestr(stand_in[name], raw)
    packed = out.getvalue()
    for name, raw in encoded.items():
        packed = packed.replace(stand_in[name].encode("ascii"), raw)
    path.write_bytes(packed)
    return path


def write_unicode_path_zip(path: Path, name: str, raw: bytes) -> Path:
    """Write a zip with a stand-in name and the true one in Info-ZIP's extra field."""
    info = zipfile.ZipInfo("_____.jpg")
    body = struct.pack("<BI", 1, zlib.crc32(b"_____.jpg")) + name.encode("utf-8")
    info.extra = struct.pack("<HH", 0x7075, len(body)) + body
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, raw)
    return path


def write_bomb(path: Path, *, megabytes: int = 100) -> Path:
    """Write a zip with one file of zeros that unpacks to a thousand times its size."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros.bmp", "w") as file:
        for _ in range(megabytes):
            file.write(bytes(1 << 20))
    return path


def write_overlapping_zip(path: Path, *, copies: int = 3) -> Path:
    """Write a zip whose directory names one file's bytes again and again (Fifield's bomb, in small)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("0.bmp", bytes(1000))
        first = archive.infolist()[0]
        for n in range(1, copies):
            again = zipfile.ZipInfo(f"{n}.bmp")
            again.header_offset, again.CRC = first.header_offset, first.CRC
            again.compress_size, again.file_size = first.compress_size, first.file_size
            archive.filelist.append(again)
        archive._didModify = True  # type: ignore[attr-defined]
    path.write_bytes(out.getvalue())
    return path


def write_lying_zip(path: Path, *, claimed: int = 10) -> Path:
    """Write a zip with a file whose header claims `claimed` bytes and which unpacks to a million."""
    write_zip(path, {"liar.bmp": bytes(1_000_000)})
    raw = path.read_bytes()
    path.write_bytes(raw.replace(struct.pack("<I", 1_000_000), struct.pack("<I", claimed)))
    return path


def write_evil_zip(path: Path) -> Path:
    """Write a zip with names that lead out of the root, a symbolic link, and one good file."""
    link = zipfile.ZipInfo("link.jpg")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("../up.jpg", "/etc/passwd.jpg", "C:\\boot.jpg", "a/../../b.jpg", "good/1.jpg"):
            archive.writestr(name, b"x")
        archive.writestr(link, "/etc/passwd")
    return path


def write_encrypted_zip(path: Path, name: str = "secret/1.jpg") -> Path:
    """Write a zip whose one file is flagged as encrypted."""
    write_zip(path, {name: b"x"}, method=zipfile.ZIP_STORED)
    raw = bytearray(path.read_bytes())
    raw[6] |= 1  # flags in the local header
    raw[raw.index(b"PK\x01\x02") + 8] |= 1  # and in the central directory
    path.write_bytes(bytes(raw))
    return path
