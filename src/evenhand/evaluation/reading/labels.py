"""Read tables of labels and folds for predictions made elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError, nearest, unknown
from evenhand.base.text.cells import by_spelling, number, same_as, text_array
from evenhand.base.values import NO_LABEL, Floats, Folds, Ints, Strings
from evenhand.evaluation.reading.columns import KNOWN, listed
from evenhand.evaluation.reading.files import TableReader, opened
from evenhand.evaluation.reading.fold_column import fold_numbers
from evenhand.evaluation.reading.label_degrees import degree_columns


@dataclass(frozen=True, eq=False)
class TruthTable:
    """Labels by id.

    Attributes
    ----------
    ids
        (n,) unique.
    names
        (n,) class of each row, None where it is not known.
    groups
        (n,) group of each row, or None.
    folds
        From a column of folds, or None.
    source
        The file, for messages.
    degrees
        Of a table without a column of labels: name of a column of numbers -> (n,), NaN where it is empty; rows may
        then have several labels, and `names` are all None.
    """

    ids: Strings
    names: Strings
    groups: Strings | None = None
    folds: Folds | None = None
    source: str = "labels"
    degrees: Mapping[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)


def read_labels(
    path: str | Path,
    *,
    id: str | None = None,
    label: str | None = None,
    group: str | None = None,
    fold: str | None = None,
) -> TruthTable:
    """Return the labels of a CSV or Parquet table: of a column, or where there is none, of a column for each class.

    Parameters
    ----------
    path
        A row per sample.
    id, label, group, fold
        Names of columns; None to recognise them by name (id, label, group, fold).

    Raises
    ------
    DataError
        If a column does not exist, or an id repeats; the message names the line.
    """
    source = opened(path)
    roles = {
        role: role_column(role, name, source)
        for role, name in (("id", id), ("truth", label), ("group", group), ("fold", fold))
    }
    named = [name for name in roles.values() if name is not None]
    rest = [name for name in source.names if name not in named and name.strip()]
    if roles["id"] is None:
        raise _unrecognised("id", source)
    cells = columns_of(source, named if roles["truth"] else [*named, *rest])
    degrees = {} if roles["truth"] else degree_columns({name: cells[name] for name in rest})
    if roles["truth"] is None and not degrees:
        raise _unrecognised("label", source)
    ids = cells[str(roles["id"])]
    once(ids, source)
    names = text_array([None] * len(ids)) if roles["truth"] is None else cells[roles["truth"]]
    folds = None if roles["fold"] is None else _folds(ids, cells[roles["fold"]], source)
    groups = None if roles["group"] is None else cells[roles["group"]]
    return TruthTable(ids, names, groups, folds, str(path), degrees)


def _unrecognised(word: str, source: TableReader) -> DataError:
    return DataError(
        f"{source.path}: no column is recognised as the {word}; there are: {', '.join(source.names)}. "
        f"Specify it with --{word}."
    )


def read_folds(path: str | Path) -> Folds:
    """Return a plan of folds from a table with the columns id and fold ("test" for locked rows).

    Raises
    ------
    DataError
        If a column does not exist, an id repeats, or a row has no fold.
    """
    source = opened(path)
    columns = [role_column(role, None, source) for role in ("id", "fold")]
    if None in columns:
        raise DataError(
            f"{path}: a plan of folds needs the columns id and fold; there are: {', '.join(source.names)}."
        )
    named = [str(name) for name in columns]
    cells = columns_of(source, named)
    once(cells[named[0]], source)
    return _folds(cells[named[0]], cells[named[1]], source)


def columns_of(source: TableReader, names: Sequence[str]) -> dict[str, Strings]:
    """Return the cells of columns as (n,) strings by name; None for empty cells.

    Raises
    ------
    DataError
        If there is no row, or the file cannot be read; the message names the line.
    """
    found: dict[str, list[Any]] = {name: [] for name in names}
    for piece in source.pieces(list(found), []):
        for name, cells in found.items():
            cells += piece.column(name).to_pylist()
    out = {name: text_array(cells) for name, cells in found.items()}
    if not all(len(cells) for cells in out.values()):
        raise DataError(f"{source.path}: has no rows.")
    return out


def read_column(source: TableReader, name: str) -> pd.Series[Any]:
    """Return the cells of a column as strings, indexed by the ids of their rows.

    Raises
    ------
    DataError
        If no column holds ids, or an id repeats.
    """
    key = role_column("id", None, source)
    if key is None:
        raise DataError(
            f"{source.path}: no column is recognised as the id; there are: {', '.join(source.names)}. "
            "Rename one of them to id."
        )
    cells = columns_of(source, list(dict.fromkeys([key, name])))
    once(cells[key], source)
    return pd.Series(cells[name], index=cells[key], dtype=object)


def once(ids: Strings, source: TableReader, rows: Ints | None = None) -> None:
    """Raise a `DataError` for a missing, repeated or damaged id; `rows` are positions in the file, for messages."""
    at = np.arange(len(ids)) if rows is None else rows
    empty = pd.isna(ids)
    if empty.any():
        raise DataError(f"{source.path}: {source.where(int(at[empty.argmax()]))} has no id.")
    row = next((row for row, name in enumerate(ids) if _damaged(name)), None)
    if row is not None:
        raise DataError(
            f"{source.path}: the id on {source.where(int(at[row]))} consists of NUL characters by a half or more, "
            "as in files that were damaged or saved in another encoding. Write the file again, or correct the id."
        )
    twice = pd.Series(ids).duplicated().to_numpy()
    if twice.any():
        row = int(twice.argmax())
        first = int((ids == ids[row]).argmax())
        lines = f"{source.where(int(at[first]))} and {source.where(int(at[row]))}"
        raise DataError(
            f'{source.path}: {int(twice.sum()):,} ids are there more than once (first: "{ids[row]}", '
            f"{lines}). Keep one row for each."
        )


def _damaged(name: str) -> bool:
    """Return whether an id looks like zeros left by a crash, or like UTF-16 read as UTF-8: NULs by a half or more.

    A single NUL in an id is odd, but a name like any other: figures do not depend on what rows are called.
    """
    return "\0" in name and 2 * name.count("\0") >= len(name)


def _folds(ids: Strings, words: Strings, source: TableReader) -> Folds:
    fold = fold_numbers(words, source)
    return Folds(ids, fold, k=int(fold.max(initial=0)) + 1, how={"file": str(source.path)})


def class_numbers(names: Strings, classes: tuple[str, ...], source: str, *, positions: bool = False) -> Ints:
    """Return (n,) int64 positions of names among the classes, `NO_LABEL` for None.

    Labels are matched by name, including numbers: a "1" is the class named "1", whatever its position.

    Parameters
    ----------
    positions
        Whether labels are class indices, counted from 0.

    Raises
    ------
    DataError
        If a name is not a class, or an index is also the name of another class.
    """
    seen = list(dict.fromkeys(name for name in names if name is not None))
    at = _by_position(seen, classes, source) if positions else _by_name(seen, classes)
    for name in seen:
        if name not in at:
            raise DataError(_no_class(name, int((names == name).sum()), seen, classes, source))
    return np.fromiter((NO_LABEL if name is None else at[name] for name in names), dtype=np.int64, count=len(names))


def _by_name(seen: Sequence[str], classes: Sequence[str]) -> dict[str, int]:
    """Return label -> class index, ignoring spaces, Unicode normalisation and the decimals of whole numbers."""
    # An exact name first: two classes may differ in spelling only, and then no spelling stands for either.
    known, spellings = set(classes), by_spelling(classes)
    of = {name: name if name in known else same_as(name, spellings) for name in seen}
    position = {name: c for c, name in enumerate(classes)}
    return {name: position[same] for name, same in of.items() if same is not None}


def _by_position(seen: Sequence[str], classes: Sequence[str], source: str) -> dict[str, int]:
    at = {name: int(number(name)) for name in seen if number(name).isdecimal()}
    for name in seen:
        # Under classes "1", "2", "3" the label 1 is ambiguous: the class named so, or the second one.
        if name in classes and at.get(name) != classes.index(name):
            raise DataError(
                f'{source}: with --positions labels are class indices, but "{name}" is the name of another class. '
                "Omit --positions (positions = True), or rename the classes."
            )
        if not 0 <= at.get(name, -1) < len(classes):
            raise DataError(
                f'{source}: with --positions labels are class indices, but one of them is "{name}"; allowed are '
                f"0 to {len(classes) - 1}. Omit --positions (positions = True) to match labels by name."
            )
    return at


def _no_class(name: str, count: int, seen: Sequence[str], classes: Sequence[str], source: str) -> str:
    """Return the message for a label that is not a class."""
    close = nearest(name, classes)
    hint = f' Did you mean "{close}"?' if close else f" Classes are: {listed(classes, most=8)}."
    if number(name).isdecimal() and not any(label in classes for label in seen):
        hint += " If labels are class indices, counted from 0, use --positions (positions = True in Python)."
    rows = f"{count:,} row{' has' if count == 1 else 's have'}"
    return f'{source}: {rows} the label "{name}", which is not a class of the predictions.{hint}'


def role_column(role: str, name: str | None, source: TableReader) -> str | None:
    """Return the column of a role: the specified one, or one recognised by its name, or None."""
    if name is not None:
        if name not in source.names:
            raise DataError(f"{source.path}: {unknown('column', name, source.names)}")
        return name
    return next((name for known in KNOWN[role] for name in source.names if name.strip().lower() == known), None)
