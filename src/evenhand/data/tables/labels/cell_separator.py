"""The classes in a cell: between separators, which are found where they are not those configured, or in a list."""

from __future__ import annotations

import ast
import json
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
    texts = [text for text in dict.fromkeys(cells) if text is not None and listed(text) is None]
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


def cell_parts(cell: Text, separator: str) -> list[str]:
    """Return the classes in a cell, stripped: those of a list, else what is between separators.

    >>> cell_parts("red| big|", "|"), cell_parts("['red', 'black, matte']", "|"), cell_parts("[red]", "|")
    (['red', 'big'], ['red', 'black, matte'], ['[red]'])
    """
    if cell is None:
        return []
    found = listed(cell)
    return [part.strip() for part in (cell.split(separator) if found is None else found) if part.strip()]


def listed(cell: str, *, longest: int = 10_000) -> list[str] | None:
    """Return the words or numbers of a cell that is a list as JSON or Python write it; None if it is not one."""
    if not (cell.startswith("[") and cell.endswith("]")) or len(cell) > longest:
        return None
    for parse in (json.loads, ast.literal_eval):
        try:
            found = parse(cell)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(found, list) and all(isinstance(each, (str, int, float)) for each in found):
            return [str(each) for each in found]
    return None
