"""CSV as people and spreadsheets write it: any encoding, separator and line ending; rows with line numbers."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterator, Sequence

from evenhand.base.errors import DataError
from evenhand.base.values import Finding
from evenhand.data.roots import encodings

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


MOST_BYTES = 1_000_000_000
"""Largest table that is read; it is held in memory several times over."""
LONGEST_CELL = 2**24
"""Longest cell in characters; descriptions in the wild pass the 131,072 of Python's csv."""
_LIMIT = threading.Lock()


def decode_csv(raw: bytes, name: str, encoding: str | None) -> tuple[str, tuple[Finding, ...]]:
    """Return the text of a CSV, and a finding if its encoding had to be guessed.

    Raises
    ------
    DataError
        If the bytes are not in the encoding that is configured, or that their byte-order mark names.
    """
    encoding = encoding or next((known for bom, known in _BOMS if raw.startswith(bom)), None)
    try:
        return raw.decode(encoding or "utf-8"), ()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        if encoding:
            raise DataError(f"line {line} is not {encoding}. Save it as UTF-8.") from None
    # no bonus for UTF-8, which has just failed, perhaps beyond the lines that are examined
    guessed = encodings.guess(raw.splitlines(), default="cp1252", utf8_bonus=0)
    finding = Finding(
        code="EH101",
        severity="note",
        message=f"{name}: is not UTF-8 (first on line {line}) and was read as {guessed}. If names look wrong, "
        "set data.table_encoding, or save it as UTF-8.",
        about=name,
        evidence={"encoding": guessed, "line": line},
    )
    return encodings.decode(raw, guessed), (finding,)


def csv_cells(text: str, *, least_rows: int = 1) -> tuple[list[str], list[list[str]], list[int]]:
    """Return the header, the rows and the line on which each row begins; rows of empty cells are skipped.

    Raises
    ------
    DataError
        If there are fewer than `least_rows` rows below the header, a quotation mark is not closed, or a row is not
        as wide as the header.
    """
    found = list(csv_rows(text))
    lines, rows = [line for line, _ in found], [row for _, row in found]
    if len(rows) < 1 + least_rows:
        raise DataError("has no rows. It needs a line with the names of columns, and a row for each file.")
    return rows[0], _even(rows[0], rows[1:], lines[1:]), lines[1:]


def csv_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the header and every row with the line on which it begins; rows of empty cells are skipped.

    Rows come one at a time, so that large tables of numbers need not be held as text.

    Raises
    ------
    DataError
        If a quotation mark is not closed.
    """
    text = text if "\n" in text else text.replace("\r", "\n")  # classic Mac OS ended lines so
    declared, delimiter = delimiter_of(text)
    body = text.partition("\n")[2] if declared else text
    # `newline=""`: a line end inside a quoted cell is part of the cell
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    line = 2 if declared else 1
    try:
        while (row := _next_row(reader)) is not None:
            if any(cell.strip() for cell in row):
                yield line, row
            line = reader.line_num + (2 if declared else 1)
    except csv.Error as error:
        if "field limit" in str(error):
            raise DataError(
                f"line {line:,} has a cell of more than {LONGEST_CELL:,} characters. Shorten it, or close or "
                "double its quotation marks."
            ) from None
        raise DataError(f"line {line:,} is not CSV ({error}). Close or double its quotation marks.") from None


def _next_row(reader: Iterator[list[str]]) -> list[str] | None:
    """Return the next row, with cells as long as `LONGEST_CELL`; None at the end."""
    # The limit is that of the process: raised for one row at a time, by one thread, it stays as others know it.
    with _LIMIT:
        before = csv.field_size_limit(LONGEST_CELL)
        try:
            return next(reader, None)
        finally:
            csv.field_size_limit(before)


def delimiter_of(text: str) -> tuple[bool, str]:
    """Return whether a first line of its own declares the separator of cells ("sep=;"), and the separator."""
    first = text.partition("\n")[0].strip("\r\n ")
    declared = first[4:5] if first.lower().startswith("sep=") else ""  # a line that Excel writes and reads
    return bool(declared), declared or _delimiter(first)


def _delimiter(header: str) -> str:
    """Return the separator of cells: whichever of comma, semicolon and tab splits the header into most parts.

    A vertical bar only if none of these does: names and lists of labels may hold bars themselves.
    """

    def parts(delimiter: str) -> int:
        try:
            return len(next(csv.reader([header], delimiter=delimiter), []))
        except csv.Error:  # reported with its line when the rows are read
            return 0

    best = max(",;\t", key=parts)
    return "|" if parts(best) == 1 and parts("|") > 1 else best


def _even(header: Sequence[str], rows: Sequence[list[str]], lines: Sequence[int]) -> list[list[str]]:
    """Return rows cut to the width of the header; raises `DataError` unless each has that many cells."""
    width = len(header)
    odd = [at for at, row in enumerate(rows) if not fits(row, width)]
    if odd:
        raise DataError(
            f"{len(odd):,} of {len(rows):,} rows do not have the {width} cells of the header (first: line "
            f"{lines[odd[0]]:,} has {len(rows[odd[0]])}). Put cells that hold a separator in quotation marks."
        )
    return [row[:width] for row in rows]


def fits(row: Sequence[str], width: int) -> bool:
    """Return whether a row has a cell for each of `width` columns, and only empty ones beyond them.

    >>> fits(["a", "b", ""], 2), fits(["a"], 2), fits(["a", "b", "c"], 2)
    (True, False, False)
    """
    return len(row) >= width and not any(cell.strip() for cell in row[width:])
