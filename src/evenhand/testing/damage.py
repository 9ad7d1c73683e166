"""Files damaged at random, as broken disks, transfers and programs damage them: readers must say so in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

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


def empty(raw: bytes, rng: np.random.Generator) -> bytes:
    """Return nothing."""
    return b""


def null(raw: bytes, rng: np.random.Generator) -> bytes:
    """Return the JSON value null."""
    return b"null"


def no_keys(raw: bytes, rng: np.random.Generator) -> bytes:
    """Return an empty JSON object."""
    return b"{}"


def nested(raw: bytes, rng: np.random.Generator) -> bytes:
    """Return 100,000 opening brackets, which no parser should follow."""
    return b"[" * 100_000


def odd_types(raw: bytes, rng: np.random.Generator) -> bytes:
    """Return JSON, or lines of it, in which a value has become another: of another type, out of range, or missing.

    Bytes that are not JSON come back with up to eleven others (`overwrite`).
    """
    try:
        lines = [json.loads(line) for line in raw.split(b"\n") if line] if raw[:1] == b"{" else []
        whole = None if len(lines) > 1 else json.loads(raw)
    except ValueError:
        try:
            lines, whole = [], json.loads(raw)
        except ValueError:
            return overwrite(raw, rng)
    document = [lines] if len(lines) > 1 else [whole]
    _replace_one(document, rng)
    if len(lines) > 1 and isinstance(document[0], list):
        return "".join(f"{_json(line)}\n" for line in document[0]).encode()
    return _json(document[0]).encode()


def _replace_one(document: list[Any], rng: np.random.Generator) -> None:
    """Replace a value at a random place of a document: each level on the way down is as likely as the next."""
    here: Any = document
    while True:
        places = list(here) if isinstance(here, dict) else list(range(len(here)))
        place = places[int(rng.integers(len(places)))]
        below = here[place]
        if isinstance(below, (dict, list)) and below and rng.random() < 0.7:
            here = below
            continue
        odd = _ODD[int(rng.integers(len(_ODD)))]
        if odd is _GONE:
            del here[place]
        else:
            here[place] = odd
        if not document:
            document.append(None)
        return


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace(f'"{_HUGE}"', _HUGE)


_HUGE = "1" + "0" * 400
_GONE: Any = object()
_ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**63, 1.5, "", "x", "\u0000", "../..", [], {}, [[]], [None], {"x": None}, _GONE),
    *(float("nan"), float("inf"), 1e308, _HUGE, "é" * 5000),
)

DOCUMENT: Sequence[Damage] = (empty, null, no_keys, nested, odd_types)
"""Damages of JSON documents, besides those of any file."""

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
