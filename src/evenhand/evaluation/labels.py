"""A table of labels: what is true of rows that somebody else has predicted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError, nearest, unknown
from evenhand.base.values import NO_LABEL, Folds, Ints, Strings
from evenhand.evaluation.columns import KNOWN
from evenhand.evaluation.fold_words import fold_numbers
from evenhand.evaluation.pieces import Source, opened


@dataclass(frozen=True, eq=False)
class Labels:
    """What is true, by id.

    Attributes
    ----------
    ids
        (n,) each once.
    names
        (n,) the class of each, None where it is not known.
    groups
        (n,) the group of each, or None.
    folds
        Where the table has a column of folds, else None.
    source
        Where it was read.
    """

    ids: Strings
    names: Strings
    groups: Strings | None = None
    folds: Folds | None = None
    source: str = "labels"

    def __len__(self) -> int:
        return len(self.ids)


def read_labels(
    path: str | Path,
    *,
    id: str | None = None,
    label: str | None = None,
    group: str | None = None,
    fold: str | None = None,
) -> Labels:
    """Return the labels of a CSV or Parquet table.

    Parameters
    ----------
    path
        A row per sample.
    id, label, group, fold
        Names of columns; None for a name that is known (id, label, group, fold).

    Raises
    ------
    DataError
        If a column is not there, or an id is there twice; the text names the line.
    """
    source = opened(path)
    roles = {
        role: _column(role, told, source)
        for role, told in (("id", id), ("truth", label), ("group", group), ("fold", fold))
    }
    for role in ("id", "truth"):
        if roles[role] is None:
            word = "label" if role == "truth" else role
            raise DataError(
                f"{path}: no column is known to hold the {word}; there are: {', '.join(source.names)}. "
                f"Say which with --{word}."
            )
    named = [name for name in roles.values() if name is not None]
    table = pd.concat([piece.to_pandas() for piece in source.pieces(list(dict.fromkeys(named)), [])])
    ids = texts(table[roles["id"]])
    once(ids, source)
    names = texts(table[roles["truth"]])
    folds = None if roles["fold"] is None else _folds(ids, texts(table[roles["fold"]]), source)
    groups = None if roles["group"] is None else texts(table[roles["group"]])
    return Labels(ids, names, groups, folds, str(path))


def read_folds(path: str | Path) -> Folds:
    """Return a plan of folds from a table with the columns id and fold ("test" for locked rows).

    Raises
    ------
    DataError
        If a column is not there, an id is there twice, or a row has no fold.
    """
    source = opened(path)
    columns = [_column(role, None, source) for role in ("id", "fold")]
    if None in columns:
        raise DataError(
            f"{path}: a plan of folds needs the columns id and fold; there are: {', '.join(source.names)}."
        )
    named = [str(name) for name in columns]
    table = pd.concat([piece.to_pandas() for piece in source.pieces(named, [])])
    ids = texts(table[named[0]])
    once(ids, source)
    return _folds(ids, texts(table[named[1]]), source)


def texts(column: pd.Series) -> Strings:
    """Return (n,) str; whole numbers are written without a point, and what is missing is None."""
    values = column.to_numpy(dtype=object)
    if column.dtype.kind == "f":
        return np.array([None if v != v else str(int(v)) if v == int(v) else str(v) for v in values], dtype=object)
    missing = column.isna().to_numpy()
    return np.array([None if m else str(v) for v, m in zip(values, missing, strict=True)], dtype=object)


def once(ids: Strings, source: Source, rows: Ints | None = None) -> None:
    """Refuse rows without an id, and ids that are there twice; `rows` are their positions in the file."""
    at = np.arange(len(ids)) if rows is None else rows
    empty = pd.isna(ids)
    if empty.any():
        raise DataError(f"{source.path}: {source.where(int(at[empty.argmax()]))} has no id.")
    twice = pd.Series(ids).duplicated().to_numpy()
    if twice.any():
        row = int(twice.argmax())
        first = int((ids == ids[row]).argmax())
        lines = f"{source.where(int(at[first]))} and {source.where(int(at[row]))}"
        raise DataError(
            f'{source.path}: {int(twice.sum()):,} ids are there more than once (first: "{ids[row]}", '
            f"{lines}). Keep one row for each."
        )


def _folds(ids: Strings, words: Strings, source: Source) -> Folds:
    fold = fold_numbers(words, source)
    return Folds(ids, fold, k=int(fold.max(initial=0)) + 1, how={"file": str(source.path)})


def class_numbers(names: Strings, classes: tuple[str, ...], source: str) -> Ints:
    """Return (n,) int64 positions of names among the classes, `NO_LABEL` for None.

    Whole numbers that are no names of classes count as positions, from 0.

    Raises
    ------
    DataError
        If a name is not a class; the text names the nearest.
    """
    at = {name: position for position, name in enumerate(classes)}
    seen = pd.unique(pd.Series(names, dtype=object).dropna())
    if not all(name in at for name in seen) and all(n.isdigit() and int(n) < len(classes) for n in seen):
        at = {name: int(name) for name in seen}
    for name in seen:
        if name not in at:
            close = nearest(name, classes)
            hint = f' Did you mean "{close}"?' if close else ""
            count = int((names == name).sum())
            raise DataError(f'{source}: {count:,} rows are labelled "{name}", which no file predicts.{hint}')
    return pd.Series(names, dtype=object).map(at).fillna(NO_LABEL).to_numpy().astype(np.int64)


def _column(role: str, told: str | None, source: Source) -> str | None:
    if told is not None:
        if told not in source.names:
            raise DataError(f"{source.path}: {unknown('column', told, source.names)}")
        return told
    return next((name for known in KNOWN[role] for name in source.names if name.strip().lower() == known), None)
