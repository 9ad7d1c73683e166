"""Cells of a CSV changed and rows removed; every other byte of the file stays as it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from evenhand.base.errors import DataError
from evenhand.data.tables.csv_dialect import csv_rows, decode_csv, delimiter_of

Edits = Mapping[int, Mapping[int, str] | None]
"""Row below the header, from 0 -> the new cells by column; None removes the row."""

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def rewritten(raw: bytes, edits: Edits, *, encoding: str | None = None) -> bytes:
    """Return the bytes of a CSV with edits; all other rows are kept byte for byte.

    Raises
    ------
    DataError
        If its bytes do not survive being read and written, or its encoding lacks a character of a new cell.
    """
    text, codec, mark = _decoded(raw, encoding)
    _, delimiter = delimiter_of(text if "\n" in text else text.replace("\r", "\n"))
    found = list(csv_rows(text))
    lines = list(io.StringIO(text, newline=""))
    wanted: list[Sequence[str]] = [found[0][1]]
    for at, (line, row) in enumerate(found[1:]):
        if at not in edits:
            wanted.append(row)
            continue
        span = _span(lines[line - 1 :], delimiter)
        edit = edits[at]
        cells = None if edit is None else [edit.get(column, cell) for column, cell in enumerate(row)]
        record = "".join(lines[line - 1 : line - 1 + span])
        lines[line - 1 : line - 1 + span] = [_record(record, row, cells, delimiter), *[""] * (span - 1)]
        if cells is not None:
            wanted.append(cells)
    new = "".join(lines)
    if [row for _, row in csv_rows(new)] != [list(row) for row in wanted]:
        raise DataError("cannot be rewritten without changing other rows (its quotation marks are unusual).")
    try:
        return mark + new.encode(codec)
    except UnicodeEncodeError as error:
        raise DataError(
            f'is {codec}, which has no character "{error.object[error.start]}". Save it as UTF-8 first.'
        ) from None


def _decoded(raw: bytes, encoding: str | None) -> tuple[str, str, bytes]:
    """Return the text of a CSV, the codec that gives the same bytes again, and its byte-order mark."""
    mark, codec = next(((bom, known) for bom, known in _BOMS if raw.startswith(bom)), (b"", encoding or "utf-8"))
    body = raw.removeprefix(mark)
    try:
        text = body.decode(codec)
    except UnicodeDecodeError:
        _, findings = decode_csv(raw, "", encoding)
        codec = str(findings[0].evidence["encoding"])
        text = body.decode(codec, errors="replace")
    if text.encode(codec, errors="replace") != body:
        raise DataError(f"was read as {codec}, and its bytes do not survive it. Save it as UTF-8 first.")
    return text, codec, mark


def _span(lines: Sequence[str], delimiter: str) -> int:
    """Return how many lines the first record takes."""
    reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
    next(reader)
    return reader.line_num


def _record(record: str, row: Sequence[str], cells: Sequence[str] | None, delimiter: str) -> str:
    """Return a record with new cells, quoted as it was, with its own line end; "" to remove it."""
    if cells is None:
        return ""
    body = record.rstrip("\r\n")
    all_quoted = _written(row, delimiter, csv.QUOTE_ALL) == body
    return _written(cells, delimiter, csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL) + record[len(body) :]


def _written(row: Sequence[str], delimiter: str, quoting: int) -> str:
    out = io.StringIO(newline="")
    # both characters of the line end, so that cells with either are quoted
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n", quoting=quoting).writerow(row)  # type: ignore[arg-type]
    return out.getvalue().removesuffix("\r\n")
