"""The hash that identifies the content of files, of many files at once, and ids derived from it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING

import pandas as pd

from evenhand.base.errors import DataError

if TYPE_CHECKING:  # roots hash what they read
    from evenhand.data.roots.root import Root


_BYTES = 8
_CHUNK = 1 << 20


def content_hash(raw: bytes) -> str:
    """Return 16 hex digits that identify some bytes (BLAKE2b with 64 bits; RFC 7693).

    >>> content_hash(b"")
    'e4a6a0577479b2b4'
    """
    return hashlib.blake2b(raw, digest_size=_BYTES).hexdigest()


def file_hash(file: IO[bytes]) -> str:
    """Return `content_hash` of the rest of a file, which is never held whole."""
    found = hashlib.blake2b(digest_size=_BYTES)
    while part := file.read(_CHUNK):
        found.update(part)
    return found.hexdigest()


def hash_files(root: Root, names: Sequence[str], *, threads: int = 8, chunk: int = 64) -> list[str | DataError]:
    """Return the content hash of each file, or why it cannot be read; files named twice are read once.

    Threads overlap disk latency; hashing and decompression release the GIL.
    """
    distinct = list(dict.fromkeys(names))
    # A future per file would cost more than hashing a small one.
    chunks = [distinct[at : at + chunk] for at in range(0, len(distinct), chunk)]
    with ThreadPoolExecutor(threads) as pool:
        parts = pool.map(lambda part: [_hash_file(root, name) for name in part], chunks)
        found = [item for part in parts for item in part]
    known = dict(zip(distinct, found, strict=True))
    return [known[name] for name in names]


def _hash_file(root: Root, name: str) -> str | DataError:
    try:
        return root.content(name)
    except DataError as error:
        return error


def content_ids(hashes: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return unique ids: the hash, with "-2", "-3" for further copies in the order of their names.

    The order of the rows does not matter, so that sorting a table does not change its ids.

    >>> content_ids(["aa", "bb", "aa"], ["z.jpg", "y.jpg", "x.jpg"])
    ['aa-2', 'bb', 'aa']
    """
    frame = pd.DataFrame({"hash": list(hashes), "name": list(names)}, dtype=object)
    ordered = frame.sort_values("name", kind="stable")
    copy = ordered.groupby("hash").cumcount().reindex(frame.index)
    return [hash_ if n == 0 else f"{hash_}-{n + 1}" for hash_, n in zip(hashes, copy, strict=True)]
