"""Drawings damaged at random: cut, flipped bits, lines swapped and repeated, numbers that are none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

VALUES = [
    b"nan",
    b"inf",
    b"-inf",
    b"1e308",
    b"-1e300",
    b"1e-320",
    b"0",
    b"-1",
    b"999999999999",
    b"*U1",
    b"",
    b"\xff\xfe",
]


def mutations(files: Sequence[bytes], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield `count` times (what was done, the damaged file)."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        how = [cut, flip, swap, repeat, values, deleted, random_bytes][int(rng.integers(7))]
        at = number % len(files)
        yield f"{number}: {how.__name__} file {at}", how(files[at], rng)


def cut(raw: bytes, rng: np.random.Generator) -> bytes:
    return raw[: int(rng.integers(len(raw)))]


def flip(raw: bytes, rng: np.random.Generator) -> bytes:
    out = bytearray(raw)
    for at in rng.integers(len(raw), size=int(rng.integers(1, 40))):
        out[at] ^= 1 << int(rng.integers(8))
    return bytes(out)


def swap(raw: bytes, rng: np.random.Generator) -> bytes:
    a, b = sorted(rng.integers(len(raw), size=2).tolist())
    return raw[b:] + raw[a:b] + raw[:a]


def repeat(raw: bytes, rng: np.random.Generator) -> bytes:
    a, b = sorted(rng.integers(len(raw), size=2).tolist())
    return raw[:b] + raw[a:b] * int(rng.integers(1, 10)) + raw[b:]


def values(raw: bytes, rng: np.random.Generator) -> bytes:
    """Replace values, not group codes, near the end, where the entities lie."""
    lines = raw.split(b"\n")
    for _ in range(int(rng.integers(1, 20))):
        at = int(rng.integers(len(lines) // 2, len(lines))) | 1
        if at < len(lines):
            lines[at] = VALUES[int(rng.integers(len(VALUES)))]
    return b"\n".join(lines)


def deleted(raw: bytes, rng: np.random.Generator) -> bytes:
    lines = raw.split(b"\n")
    for _ in range(int(rng.integers(1, 6))):
        del lines[int(rng.integers(len(lines)))]
    return b"\n".join(lines)


def random_bytes(raw: bytes, rng: np.random.Generator) -> bytes:
    return bytes(rng.integers(256, size=int(rng.integers(3000)), dtype=np.uint8))
