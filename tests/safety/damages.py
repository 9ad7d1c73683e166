"""Damages of one file on disk: what disks, transfers, programs and people do to it, by name and number."""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

LIMITS = {".toml": 2_000_000, ".csv": 1_000_000_000, ".md": 100_000_000}
"""Bytes that a file may have at most, by its ending (docs/safety.md); others are read up to 4 GiB."""

REPEATED = 10


def _missing(path: Path, number: int, rng: np.random.Generator) -> None:
    path.unlink()


def _empty(path: Path, number: int, rng: np.random.Generator) -> None:
    _replace(path, b"")


def _cut(path: Path, number: int, rng: np.random.Generator) -> None:
    """Keep (2 number + 1) fortieths: the 20 places lie evenly."""
    raw = path.read_bytes()
    _replace(path, raw[: len(raw) * (2 * number + 1) // 40])


def _flip(path: Path, number: int, rng: np.random.Generator) -> None:
    """Flip one bit."""
    raw = bytearray(path.read_bytes())
    if raw:
        raw[int(rng.integers(len(raw)))] ^= 1 << int(rng.integers(8))
    _replace(path, bytes(raw))


def _junk(path: Path, number: int, rng: np.random.Generator) -> None:
    """Write random bytes: a kilobyte, as many as there were, or text."""
    size = (1000, path.stat().st_size, 1000)[number]
    raw = rng.integers(256, size=size, dtype=np.uint8)
    _replace(path, bytes(raw % 94 + 32 if number == 2 else raw))


def _wrong_type(path: Path, number: int, rng: np.random.Generator) -> None:
    """Write a small sound file of another format."""
    _replace(path, _SOUND[number])


_SOUND = (
    b"null",
    b"{}",
    b"[]",
    b"[" * 100_000,
    b'{"a": [1, {"b": null}], "id": 3}\n',
    b"id,label\n1,a\n2,b\n",
    b"a = 1\n[b]\nc = []\n",
    b"PK\x05\x06" + bytes(18),  # an empty zip
    b"\x93NUMPY\x01\x00\x46\x00{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }".ljust(80) + bytes(8),
)


def _directory(path: Path, number: int, rng: np.random.Generator) -> None:
    path.unlink()
    path.mkdir()


def _fifo(path: Path, number: int, rng: np.random.Generator) -> None:
    path.unlink()
    os.mkfifo(path)


def _device(path: Path, number: int, rng: np.random.Generator) -> None:
    path.unlink()
    path.symlink_to(("/dev/zero", "/dev/tty")[number])


def _loop(path: Path, number: int, rng: np.random.Generator) -> None:
    path.unlink()
    path.symlink_to(path.name)


def _no_permission(path: Path, number: int, rng: np.random.Generator) -> None:
    """Take all permissions; `children` drops those that root has over them."""
    path.chmod(0)


def _large(path: Path, number: int, rng: np.random.Generator) -> None:
    """Repeat the file ten times, or lengthen it by a hole to ten times the bound of its format."""
    raw = path.read_bytes()
    if number == 0:
        _replace(path, raw * REPEATED)
        return
    _replace(path, raw)
    os.truncate(path, 10 * LIMITS.get(path.suffix, 4 << 30))


def _replace(path: Path, raw: bytes) -> None:
    """Write a new file rather than into the old one, to which other names may lead."""
    path.unlink()
    path.write_bytes(raw)


@dataclass(frozen=True)
class Damage:
    """A damage, and how often it is done with different numbers."""

    apply: Callable[[Path, int, np.random.Generator], None]
    count: int = 1


DAMAGES: Mapping[str, Damage] = {
    "missing": Damage(_missing),
    "empty": Damage(_empty),
    "cut": Damage(_cut, 20),
    "flip": Damage(_flip, 200),
    "junk": Damage(_junk, 3),
    "wrong-type": Damage(_wrong_type, len(_SOUND)),
    "directory": Damage(_directory),
    "fifo": Damage(_fifo),
    "device": Damage(_device, 2),
    "link-loop": Damage(_loop),
    "no-permission": Damage(_no_permission),
    "large": Damage(_large, 2),
}


def damage(path: Path, name: str, number: int, seed: str) -> None:
    """Damage a file; the same arguments do the same."""
    if path.is_dir():
        shutil.rmtree(path)
    DAMAGES[name].apply(path, number, np.random.default_rng([zlib.crc32(seed.encode()), number]))
