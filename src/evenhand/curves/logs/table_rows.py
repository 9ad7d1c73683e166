"""Rows of a table in text: separated by commas and the like, or aligned with blanks, comments above them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evenhand.base.text.number_text import is_number
from evenhand.data.tables.csv_dialect import csv_rows

_SEPARATED = re.compile(r"[,;|]|\S\t\S")
"""A header of cells with separators; blanks and several tabs only align."""


def table_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the header and every row with the line on which it begins; empty rows are skipped.

    A header may stand in the last line of comments (`#`), as numpy writes it. A header of words without separators
    means cells that are aligned with blanks or tabs; one number more in each row is the index that pandas writes.

    Raises
    ------
    DataError
        If a quotation mark is not closed.
    """
    lines = re.split(r"\r\n|\r|\n", text)
    skipped, header = _comments(lines)
    head = header.split()
    if _SEPARATED.search(header) or len(head) < 2:
        body = "\n".join([header, *lines[skipped:]]) if skipped else text
        for line, row in csv_rows(body):
            yield line + max(skipped - 1, 0), row
        return
    below = skipped if skipped else lines.index(header) + 1
    rows = [(at, line.split()) for at, line in enumerate(lines[below:], below + 1) if line.strip()]
    indexed = bool(rows) and all(len(row) == len(head) + 1 for _, row in rows[:2])
    yield below, ["", *head] if indexed else head
    yield from rows


def _comments(lines: list[str]) -> tuple[int, str]:
    """Return how many lines the header ends after, 0 where no comment precedes it, and the header.

    Comments are left out; the last of them is the header if a row of numbers follows.
    """
    there = [at for at, line in enumerate(lines) if line.strip()]
    rows = [at for at in there if not lines[at].lstrip().startswith("#")]
    first = rows[0] if rows else len(lines)
    above = [at for at in there if at < first]
    if not above or not rows:
        return 0, lines[first] if rows else ""
    cells = re.split(r"[,;|\s]+", lines[first].strip())
    if all(is_number(cell) for cell in cells if cell):
        return first, lines[above[-1]].lstrip().lstrip("#").strip()
    return first + 1, lines[first]
