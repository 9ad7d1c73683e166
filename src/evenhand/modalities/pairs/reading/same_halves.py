"""Halves that rows have in common: keys by which texts and pictures are compared, and which of them say nothing."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Hashable, Sequence

from evenhand.data.splits.group_joins import joined

Key = Hashable | None


def text_key(text: str) -> str | None:
    r"""Return a text as it is compared: normal form C, without case and runs of white space; None without a word.

    >>> text_key("Cafe\u0301  NOIR ") == text_key("café noir"), text_key(" -- ")
    (True, None)
    """
    # Folding may undo the normal form, so that it comes between (Unicode 3.13, canonical caseless matching).
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return " ".join(folded.split()) if any(char.isalnum() for char in folded) else None


def common_keys(keys: Sequence[Key], *, share: float = 0.02, least: int = 20) -> dict[Hashable, int]:
    """Return keys -> counts of what so many rows share that it says nothing about them.

    A picture that says "no picture yet", or a text like "untitled": more than `share` of the rows, and more than
    `least`. They must not join those rows.
    """
    counts = Counter(key for key in keys if key is not None)
    return {key: count for key, count in counts.items() if is_common(count, len(keys), share=share, least=least)}


def is_common(count: int, n: int, *, share: float = 0.02, least: int = 20) -> bool:
    """Return whether so many of n rows hold something that it says nothing about them (see `common_keys`)."""
    return count > max(least, share * n)


def links(keys: Sequence[Key]) -> list[tuple[int, int]]:
    """Return pairs of rows that link each to the one before it with the same key.

    >>> links(["a", None, "a", None, "a"])
    [(0, 2), (2, 4)]
    """
    last: dict[Hashable, int] = {}
    out = []
    for row, key in enumerate(keys):
        if key is not None:
            if key in last:
                out.append((last[key], row))
            last[key] = row
    return out


def shared(*halves: Sequence[Key]) -> list[list[int]]:
    """Return sets of rows that share one of their halves with another of the set, largest first."""
    pairs: list[tuple[int, int]] = []
    for keys in halves:
        nothing = common_keys(keys)
        pairs += links([None if key in nothing else key for key in keys])
    return [rows.tolist() for rows in joined(pairs, len(halves[0]))]
