"""What is written in a drawing, as one number that no model reads: copies may differ in a letter."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

MOST = 100_000
"""Most entities that are looked at."""


def words_number(document: Any, layout: Iterable[Any]) -> int:
    """Return a hash, from -2^63 to 2^63 - 1, of the set of texts in a layout and in the blocks that it inserts.

    0 if nothing is written there. Order and number of texts do not matter.
    """
    found: set[str] = set()
    waiting, seen = list(layout), set[str]()
    left = MOST
    while waiting and left > 0:
        entity, left = waiting.pop(), left - 1
        try:
            name = entity.dxftype()
            if name in ("TEXT", "ATTRIB", "MTEXT"):
                found.add(str(entity.text if name == "MTEXT" else entity.dxf.text).strip())
            elif name == "INSERT":
                waiting += entity.attribs
                block = str(entity.dxf.name).lower()
                if block not in seen:
                    seen.add(block)
                    waiting += document.blocks.get(entity.dxf.name) or ()
        except (MemoryError, RecursionError):
            raise
        except Exception:  # a damaged entity, which reading has counted
            continue
    if not found - {""}:
        return 0
    text = "\x00".join(sorted(found - {""}))
    return int.from_bytes(
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True
    )
