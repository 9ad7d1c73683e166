"""Damaged files of scans: bytes cut, flipped, moved, repeated, and words of headers replaced."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

import numpy as np

WORDS = [
    b"0",
    b"-1",
    b"1",
    b"4294967295",
    b"99999999999",
    b"1e308",
    b"nan",
    b"inf",
    b"\xff\xfe",
    b"",
    b"a" * 3000,
    b"both",
]
COUNTS = [0, 1, 255, 65535, 2**31 - 1, 2**31, 2**32 - 1]


def mutations(files: Mapping[str, bytes], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Give `count` times (what was done to which file, the damaged bytes)."""
    rng = np.random.default_rng(seed)
    names = sorted(files)
    for number in range(count):
        name = names[number % len(names)]
        how = (cut, flip, swap, repeat, word, number_at)[int(rng.integers(6))]
        yield f"{number}: {how.__name__} {name}", how(files[name], rng)


def cut(raw: bytes, rng: np.random.Generator) -> bytes:
    return raw[: int(rng.integers(len(raw) + 1))]


def flip(raw: bytes, rng: np.random.Generator) -> bytes:
    """Change a few bytes, mostly of the header."""
    out = bytearray(raw)
    for _ in range(int(rng.integers(1, 9))):
        out[int(rng.integers(min(len(raw), 600) if rng.random() < 0.7 else len(raw)))] = int(rng.integers(256))
    return bytes(out)


def swap(raw: bytes, rng: np.random.Generator) -> bytes:
    a, b = sorted(rng.integers(len(raw), size=2).tolist())
    return raw[:a] + raw[b:] + raw[a:b]


def repeat(raw: bytes, rng: np.random.Generator) -> bytes:
    a, b = sorted(rng.integers(len(raw), size=2).tolist())
    return raw[:b] + raw[a:b] * int(rng.integers(1, 20)) + raw[b:]


def word(raw: bytes, rng: np.random.Generator) -> bytes:
    """Replace one word between blanks, tabs and ends of lines, which only means something in a header of text."""
    parts = raw.replace(b"\t", b" \t ").split(b" ")
    parts[int(rng.integers(min(len(parts), 80)))] = WORDS[int(rng.integers(len(WORDS)))]
    return b" ".join(parts)


def number_at(raw: bytes, rng: np.random.Generator) -> bytes:
    """Write a count of items or pixels over four bytes anywhere."""
    at = int(rng.integers(max(1, len(raw) - 4)))
    return raw[:at] + struct.pack("<I", COUNTS[int(rng.integers(len(COUNTS)))]) + raw[at + 4 :]
