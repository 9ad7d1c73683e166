"""Files damaged at random, as broken disks, transfers and programs damage them: readers must say so in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

Damage = Callable[[bytes, np.random.Generator], bytes]
"""Bytes and a source of randomness -> damaged bytes."""


def cut(raw: bytes, rng: np.random.Generator) -> bytes:
    """Return the beginning of a file."""
    return raw[: int(rng.integers(len(raw) + 1))]


def flip(raw: bytes, rng: np.random.Generator) -> bytes:
    """Return a file with up to 39 flipped bits."""
    out = bytearray(raw)
    for at in rng.integers(max(1, len(raw)), size=int(rng.integers(1, 40))) if raw else ():
        out[at] ^= 1 << int(rng.integers(8))
    return bytes(out)


def overwrite(raw: bytes, rng: np.random.Generator) -> bytes:
    """Return a file with up to eleven bytes replaced by any others."""
    out = bytearray(raw)
    for at in rng.integers(max(1, len(raw)), size=int(rng.integers(1, 12))) if raw else ():
        out[at] = int(rng.integers(256))
    return bytes(out)


def swap(raw: bytes, rng: np.random.Generator) -> bytes:
    """Return a file whose end and beginning have changed places."""
    a, b = sorted(rng.integers(len(raw) + 1, size=2).tolist())
    return raw[b:] + raw[a:b] + raw[:a]


def repeat(raw: bytes, rng: np.random.Generator) -> bytes:
    """Return a file with a part repeated up to nineteen times."""
    a, b = sorted(rng.integers(len(raw) + 1, size=2).tolist())
    return raw[:b] + raw[a:b] * int(rng.integers(1, 20)) + raw[b:]


def without_lines(raw: bytes, rng: np.random.Generator) -> bytes:
    """Return a text without up to five of its lines."""
    lines = raw.split(b"\n")
    for _ in range(min(len(lines), int(rng.integers(1, 6)))):
        del lines[int(rng.integers(len(lines)))]
    return b"\n".join(lines)


def noise(raw: bytes, rng: np.random.Generator) -> bytes:
    """Return up to 3,000 random bytes instead of a file."""
    return bytes(rng.integers(256, size=int(rng.integers(3000)), dtype=np.uint8))


EVERY: Sequence[Damage] = (cut, flip, overwrite, swap, repeat, without_lines, noise)
"""Damages of any file."""


def mutations(
    files: Mapping[str, bytes], count: int, seed: int, *, more: Sequence[Damage] = ()
) -> Iterator[tuple[str, str, bytes]]:
    """Yield `count` times (what was done, the name of a file, its damaged bytes), each file in turn.

    Parameters
    ----------
    more
        Damages of a format, besides those of any file.
    """
    rng = np.random.default_rng(seed)
    names, ways = sorted(files), (*EVERY, *more)
    for number in range(count):
        name = names[number % len(names)]
        how = ways[int(rng.integers(len(ways)))]
        yield f"{number}: {getattr(how, '__name__', how)} {name}", name, how(files[name], rng)
