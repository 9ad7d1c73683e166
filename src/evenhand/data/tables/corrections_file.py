"""A table of corrections: rows to relabel or to leave out, decided by somebody who looked at them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from evenhand.base.errors import DataError, did_you_mean
from evenhand.base.storage.files.regular_file import read_regular
from evenhand.base.text.cells import cell_text, spelling
from evenhand.data.roots.file_names import some
from evenhand.data.tables.csv_dialect import MOST_BYTES, csv_cells, decode_csv
from evenhand.data.tables.labels.cell_separator import CANDIDATES, cell_parts, listed

Action = Literal["relabel", "trash", "keep", "unsure"]

COLUMNS = ("id", "path", "action", "from", "to", "reason")
"""Columns of the table; `id` and `action` are required, `path` and `reason` are for people."""

Names = tuple[str, ...]


@dataclass(frozen=True)
class Correction:
    """What was decided about one row.

    Attributes
    ----------
    id
        The row.
    action
        "relabel" or "trash"; "keep" and "unsure" change nothing.
    before
        The classes that the row had when it was decided; None where the table does not say.
    after
        The classes that it gets; None unless it is relabelled.
    line
        Line of the table.
    """

    id: str
    action: Action
    before: Names | None
    after: Names | None
    line: int


@dataclass(frozen=True)
class Corrections:
    """The corrections of a table, one for each id at most; `name` is that of the file."""

    name: str
    rows: tuple[Correction, ...]

    @property
    def trashed(self) -> frozenset[str]:
        """Ids of the rows to leave out."""
        return frozenset(row.id for row in self.rows if row.action == "trash")


def names_cell(names: Sequence[str]) -> str:
    """Return classes as a cell of the table, from which `cell_names` reads them: a name, or a JSON list.

    >>> names_cell(["red"]), names_cell(["red", "big"]), names_cell(["a|b"]), names_cell([])
    ('red', '["red", "big"]', '["a|b"]', '[]')
    """
    if len(names) == 1:
        name = names[0]
        plain = cell_text(name) == name and listed(name) is None and not any(mark in name for mark in CANDIDATES)
        # a spreadsheet takes these for formulas
        if plain and not name.startswith(("=", "+", "-", "@")):
            return name
    return json.dumps(list(names), ensure_ascii=False)


def cell_names(cell: str, *, separator: str | None = None) -> Names | None:
    """Return the classes in a cell, each once: those of a JSON list, else what is between separators.

    An empty cell gives None. Without a separator the whole cell is one class.

    >>> cell_names("red|big"), cell_names("red|big", separator="|"), cell_names('["red|big"]'), cell_names(" ")
    (('red|big',), ('red', 'big'), ('red|big',), None)
    """
    text = cell_text(cell)
    if text is None:
        return None
    found = _json_list(text)
    if found is None:
        found = [text] if separator is None else cell_parts(text, separator)
    return tuple(dict.fromkeys(spelling(name) for name in found))


def _json_list(text: str) -> list[str] | None:
    if not text.startswith("["):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) and all(isinstance(name, str) for name in found) else None


def read_corrections(path: str | Path, *, separator: str | None = None) -> Corrections:
    """Return the corrections in a CSV file.

    Parameters
    ----------
    separator
        What stands between classes of rows that may have several; None where a row has one.

    Raises
    ------
    DataError
        If the file cannot be read or is not such a table; the text lists all faults with their lines.
    """
    path = Path(path)
    header, cells, lines = _cells(path)
    titles = [title.strip().lower() for title in header]
    lacking = [name for name in ("id", "action") if name not in titles]
    if lacking:
        raise DataError(
            f"{path.name}: has no column {some(lacking)}; its columns are {some(titles, most=8)}. A table of "
            f"corrections has the columns {', '.join(COLUMNS)}."
        )
    twice = sorted({name for name in COLUMNS if titles.count(name) > 1})
    if twice:
        raise DataError(f"{path.name}: two columns are called {some(twice)}. Remove one of them.")
    at = {name: titles.index(name) for name in COLUMNS if name in titles}
    rows, faults = list[Correction](), list[str]()
    for row, line in zip(cells, lines, strict=True):
        found = _correction({name: row[column] for name, column in at.items()}, line, separator)
        if isinstance(found, str):
            faults.append(found)
        else:
            rows.append(found)
    faults += _repeated(rows)
    if faults:
        raise DataError("\n".join([f"{path.name}: {_count(faults)}.", *(f"  {fault}" for fault in _few(faults))]))
    return Corrections(path.name, tuple(rows))


def _cells(path: Path) -> tuple[list[str], list[list[str]], list[int]]:
    try:
        raw = read_regular(path, most=MOST_BYTES)
    except FileNotFoundError:
        raise DataError(
            f"{path}: the table of corrections does not exist. Correct the path in data.corrections, which is "
            "relative to the configuration, or remove it."
        ) from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from None
    try:
        # nothing but the header: everything was found right, or every decision was undone
        return csv_cells(decode_csv(raw, path.name, None)[0], least_rows=0)
    except DataError as error:
        raise DataError(f"{path.name}: {error}") from None


def _correction(cells: Mapping[str, str], line: int, separator: str | None) -> Correction | str:
    """Return the correction on a line, or what is wrong with it."""
    name, action = cell_text(cells["id"]), (cell_text(cells["action"]) or "").lower()
    if name is None:
        return f"line {line:,}: the id is missing."
    known = get_args(Action)
    if action not in known:
        found = f'the action "{action}" is not known' if action else "the action is missing"
        return f"line {line:,}: {found}; allowed are {', '.join(known)}.{did_you_mean(action, known)}"
    before, after = (cell_names(cells.get(key, ""), separator=separator) for key in ("from", "to"))
    if action == "relabel" and after is None:
        return f'line {line:,}: "{name}" is to be relabelled, and the column "to" names no class.'
    if action == "relabel" and separator is None and len(after or ()) != 1:
        return (
            f'line {line:,}: "{name}" is to get {len(after or ()):,} classes, and rows of these data have one each.'
        )
    return Correction(name, action, before, after if action == "relabel" else None, line)  # type: ignore[arg-type]


def _repeated(rows: Sequence[Correction]) -> list[str]:
    first: dict[str, int] = {}
    return [
        f'line {row.line:,}: the id "{row.id}" is on line {first[row.id]:,} already; each has one correction.'
        for row in rows
        if first.setdefault(row.id, row.line) != row.line
    ]


def _count(faults: Sequence[str]) -> str:
    return f"{len(faults):,} fault" + ("s" if len(faults) != 1 else "")


def _few(faults: Sequence[str], *, most: int = 8) -> list[str]:
    return [*faults[:most], *([f"and {len(faults) - most:,} more."] if len(faults) > most else [])]
