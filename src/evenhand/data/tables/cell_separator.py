"""The separator between the classes in a cell, found where it is not the one that is configured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from evenhand.base.text.cells import Text

CANDIDATES = (";", "|", "\t", "\n", "/", ",")
"""Separators that are looked for; of equally good ones the first."""


def cell_separator(cells: Sequence[Text], configured: str, *, many: int = 50, recurring: float = 0.75) -> str:
    """Return the configured separator if a cell holds it or nothing else fits, else the one that the cells show.

    A separator is believed where the parts between it recur: they are fewer than the cells that differ, or of
    `many` cells a share `recurring` of the parts is in others, too. Names with a comma each ("Shirts, long",
    "Shirts, short", "Hats, warm") are not taken apart.

    >>> cells = ["red;big", "red;small", "blue;big", "blue;small", "red", None, "blue;red;big"]
    >>> cell_separator(cells, "|"), cell_separator(["Shirts, long", "Shirts, short", "Hats, warm"], "|")
    (';', '|')
    """
    texts = [text for text in dict.fromkeys(cells) if text is not None]
    if any(configured in text for text in texts):
        return configured
    best, highest = configured, 0.0
    for candidate in CANDIDATES:
        if not any(candidate in text for text in texts):
            continue
        counts = Counter(part for text in texts for part in {each.strip() for each in text.split(candidate)} - {""})
        share = sum(n for n in counts.values() if n > 1) / max(1, counts.total())
        believed = len(counts) < len(texts) or (len(texts) >= many and share >= recurring)
        if believed and share > highest:
            best, highest = candidate, share
    return best
