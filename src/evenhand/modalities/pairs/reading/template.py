"""The text of a row: one column of a table, several, or a template that names them."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass

from evenhand.base.errors import DataError, unknown
from evenhand.base.text.cells import Text
from evenhand.data.tables.table import LabelTable


@dataclass(frozen=True)
class _Piece:
    """Words before a column, and the column; None at the end of a template."""

    before: str
    column: str | None


def template_fault(text: str) -> str:
    """Return what is wrong with a template, or "".

    >>> template_fault("{title}. {description}"), template_fault("title")
    ('', '')
    >>> template_fault("{title")
    'the template has a brace without its partner ({{ and }} stand for braces themselves)'
    """
    if not text.strip():
        return "name a column, or set [] for rows without a text"
    try:
        parsed = list(string.Formatter().parse(text))
    except ValueError:
        return "the template has a brace without its partner ({{ and }} stand for braces themselves)"
    if any(
        field is not None and (spec or conversion or not field.strip()) for _, field, spec, conversion in parsed
    ):
        return "a brace of the template holds the name of a column and nothing else (no : and no !)"
    if {"{", "}"} & set(text) and all(field is None for _, field, _, _ in parsed):
        return "the template names no column; put one in single braces, or set [] for rows without a text"
    return ""


def columns_of(text: str | Sequence[str]) -> list[str]:
    """Return the columns that a text is made of, in order.

    >>> columns_of("title"), columns_of(["title", "brand"]), columns_of("{title} by {brand}")
    (['title'], ['title', 'brand'], ['title', 'brand'])
    """
    return [piece.column for piece in _pieces(text) if piece.column is not None]


def texts_of(table: LabelTable, text: str | Sequence[str]) -> list[Text]:
    """Return (n,) the text of each row in Unicode normal form C, None where all of its columns are empty.

    Words of a template stand between two columns only where both have something to say, so that no row ends in the
    name of what it lacks.

    Raises
    ------
    DataError
        If there is no such column.
    """
    wanted, columns = columns_of(text), list(table.frame.columns)
    faults = [
        f"{table.name}: pairs.text: {unknown('column', name, columns)}" for name in wanted if name not in columns
    ]
    if faults:
        raise DataError("\n".join(faults))
    cells = {name: table.texts(name) for name in wanted}
    return [_filled(_pieces(text), {name: cells[name][row] for name in wanted}) for row in range(len(table))]


def _pieces(text: str | Sequence[str]) -> list[_Piece]:
    if not isinstance(text, str):
        return [_Piece(" " if at else "", name) for at, name in enumerate(text)]
    if not {"{", "}"} & set(text):
        return [_Piece("", text)]
    out, words = [], ""
    for before, field, _, _ in string.Formatter().parse(text):
        words += before
        if field is not None:  # a doubled brace comes as words without a column
            out.append(_Piece(words, field))
            words = ""
    return [*out, _Piece(words, None)]


def _filled(pieces: Sequence[_Piece], cells: dict[str, Text]) -> Text:
    out = ""
    for at, piece in enumerate(pieces):
        cell = "" if piece.column is None else cells[piece.column]
        if cell is not None and (out or piece.column is not None):
            out += (piece.before if out or not at else "") + cell
    return out.replace("\0", "").strip() or None
