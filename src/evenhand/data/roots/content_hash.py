"""Hashes of many files, and the ids made of them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pandas as pd

from evenhand.base.errors import DataError
from evenhand.data.roots.root import Root


def contents(root: Root, names: Sequence[str], *, threads: int = 8, chunk: int = 64) -> list[str | DataError]:
    """Return the content hash of each file, or why it cannot be read; files named twice are read once.

    Threads overlap waiting for the disk; hashing and unpacking release Python's lock.
    """
    distinct = list(dict.fromkeys(names))
    chunks = [distinct[at : at + chunk] for at in range(0, len(distinct), chunk)]
    with ThreadPoolExecutor(threads) as pool:
        found = [
            item for part in pool.map(lambda part: [_content(root, name) for name in part], chunks) for item in part
        ]
    known = dict(zip(distinct, found, strict=True))
    return [known[name] for name in names]


def _content(root: Root, name: str) -> str | DataError:
    try:
        return root.content(name)
    except DataError as error:
        return error


def content_ids(hashes: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return unique ids: the hash, and for later copies in the order of names "-2", "-3".

    The order of the rows does not matter, so a table sorted anew keeps its ids.

    >>> content_ids(["aa", "bb", "aa"], ["z.jpg", "y.jpg", "x.jpg"])
    ['aa-2', 'bb', 'aa']
    """
    frame = pd.DataFrame({"hash": list(hashes), "name": list(names)}, dtype=object)
    ordered = frame.sort_values("name", kind="stable")
    copy = ordered.groupby("hash").cumcount().reindex(frame.index)
    return [hash_ if n == 0 else f"{hash_}-{n + 1}" for hash_, n in zip(hashes, copy, strict=True)]
