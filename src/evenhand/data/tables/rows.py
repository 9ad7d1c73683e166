"""Rows of a table that have a file or a text, and classes; faults of others are reported at once, with lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import DataError, unknown
from evenhand.base.text.cells import Text
from evenhand.base.text.toml_text import toml_value
from evenhand.base.values import Finding, Floats
from evenhand.data.config import DataConfig, FurtherData
from evenhand.data.roots.file_names import some
from evenhand.data.roots.root import Root
from evenhand.data.tables.labels.cell_separator import cell_separator
from evenhand.data.tables.labels.label_columns import any_known, joined, read_label_columns, unknown_columns
from evenhand.data.tables.labels.label_encoding import Row, split_cells, unknown_names
from evenhand.data.tables.labels.tag_columns import read_tag_columns
from evenhand.data.tables.path_lookup import Located, locate
from evenhand.data.tables.row_weights import read_weights
from evenhand.data.tables.table import LabelTable


@dataclass(frozen=True, eq=False)
class TableRows:
    """Rows with one file each, or with a text where a row may lack its file.

    Attributes
    ----------
    table
        n rows as written.
    names
        (n,) names of their files below the root; "" for a row that has a text alone.
    classes
        (n,) the classes of each row; empty where labels are in columns.
    values
        (n, c) float64 labels, NaN where unknown; None where one column names the classes.
    columns
        (c,) the classes of `values`: `data.label_columns`, or those that `data.tag_columns` name.
    weights
        (n,) weights of the rows, or None.
    texts
        (n,) the text of each row, None where it has none; None where rows are files alone.
    """

    table: LabelTable
    names: Sequence[str]
    classes: Sequence[Row]
    values: Floats | None = None
    weights: Floats | None = None
    texts: Sequence[Text] | None = None
    columns: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    def take(self, keep: npt.NDArray[np.bool_]) -> TableRows:
        """Return the rows at which `keep` (n,) is true."""
        at = np.flatnonzero(keep).tolist()
        return TableRows(
            self.table.take(keep),
            [self.names[i] for i in at],
            [self.classes[i] for i in at],
            None if self.values is None else self.values[keep],
            None if self.weights is None else self.weights[keep],
            None if self.texts is None else [self.texts[i] for i in at],
            self.columns,
        )


@dataclass(frozen=True)
class _Gap:
    """Rows that lack a file or a class: the message, what to do, the numbers, and what became of the rows.

    Without a `fix` there is nothing to decide, and it is never an error.
    """

    message: str
    fix: str
    evidence: dict[str, Any]
    done: str = "They were left out."


def rows_of(
    table: LabelTable, root: Root, data: DataConfig, texts: Sequence[Text] | None = None
) -> tuple[TableRows, list[Finding]]:
    """Return the usable rows of a table, and findings about the others.

    Parameters
    ----------
    texts
        (n,) a text of each row, None where it has none; with texts a row may lack its file.

    Raises
    ------
    DataError
        If columns are missing; else if paths are refused, files missing, or classes empty or unknown. The text
        lists all faults.
    """
    require_columns(table, data)
    rows, gaps = _with_files(table, root, data, texts)
    rows, repeats = _without_repeats(rows, data)
    return rows, gaps + repeats


def unnamed_files(table: LabelTable, root: Root, data: DataConfig, files: Sequence[str]) -> list[Finding]:
    """Return a note about files of the kind below the root that no row of the table names.

    Empty if there is no table, or if a second set in the same root has its own table.
    """
    further = data.generalization
    if data.table is None or isinstance(data, FurtherData) or (further is not None and further.root is None):
        return []
    named = set(locate(table.texts(data.path), root, table.folder, disk=_disk(data)).names)
    left = [name for name in files if name not in named]
    if not left:
        return []
    message = (
        f"{table.name}: {len(left):,} of {len(files):,} files below {root.path.name} are in no row and are "
        f"not used: {some(left)}."
    )
    evidence = {"files": len(left), "of": len(files), "names": left[:100]}
    return [Finding("EH101", "note", message, about=table.name, evidence=evidence)]


def _disk(data: DataConfig) -> Path | None:
    """Return the folder on disk of the table, or None if it is below the root only."""
    return Path(data.table).parent if data.table and Path(data.table).is_file() else None


def require_columns(table: LabelTable, data: DataConfig) -> None:
    """Raise `DataError` unless every column that [data] names exists."""
    keys = {"path": data.path, "id": data.id, "group": data.group, "split": data.split, "weight": data.weight}
    keys["label"] = None if data.label_columns or data.tag_columns else data.label
    wanted = [(f"data.{key}", column) for key, column in keys.items() if column is not None]
    wanted += [("data.levels", column) for column in data.levels]
    wanted += [("data.label_columns", column) for column in data.label_columns]
    wanted += [("data.tag_columns", column) for column in data.tag_columns]
    columns = list(table.frame.columns)
    faults = [
        f"{table.name}: {key}: {unknown('column', column, columns)}"
        for key, column in wanted
        if column not in columns
    ]
    if data.levels and data.several:
        faults.append('data.levels needs one class per row; remove it, or set data.task = "single".')
    if faults:
        raise DataError("\n".join(faults))


def _with_files(
    table: LabelTable, root: Root, data: DataConfig, texts: Sequence[Text] | None
) -> tuple[TableRows, list[Finding]]:
    """Return the rows that have a file or a text and, unless rows may have several classes or none, a class."""
    if data.table is None:  # the root itself listed these paths: there is nothing to look up or to parse
        located = Located(tuple(table.frame[data.path]), {}, {})
    else:
        located = locate(table.texts(data.path), root, table.folder, disk=_disk(data))
    cells, values, columns, strange = _labels(table, data)
    written, data = data, _as_written(data, cells)
    if values is None:
        bare = [row for row, cell in enumerate(cells) if cell is None and not data.several]
    else:
        bare = np.flatnonzero(np.isnan(values).all(axis=1)).tolist()
    lacking = [row for row in located.missing if texts is None or texts[row] is None]
    gaps = [*_missing(table, located, data, root, texts), *_unlabelled(table, bare, data)]
    faults = [*_refused(table, located, data), *strange]
    if data.missing == "error":
        faults += [f"{gap.message} {gap.fix}" for gap in gaps if gap.fix]
    if faults:
        raise DataError("\n".join(faults))
    gone = {*lacking, *bare}
    if len(gone) == len(table):
        raise DataError("\n".join([f"{table.name}: no row can be used.", *(gap.message for gap in gaps)]))
    keep = np.array([row not in gone for row in range(len(table))], dtype=bool)
    names, weights = [name or "" for name in located.names], read_weights(table, data.weight)
    found = TableRows(table, names, split_cells(cells, data), values, weights, texts, columns)
    notes = [] if data is written else [_other_separator(table, cells, written, data)]
    return found.take(keep), [*notes, *(_left_out(gap, table) for gap in gaps)]


def _labels(
    table: LabelTable, data: DataConfig
) -> tuple[Sequence[Text], Floats | None, tuple[str, ...], list[str]]:
    """Return the cells of the one column of classes, or else labels per class and the classes, and faults."""
    if data.label_columns or data.tag_columns:
        names, faults = tuple(data.label_columns), list[str]()
        if data.tag_columns:
            names, values = read_tag_columns(table, data)
        else:
            values, faults = read_label_columns(table, data)
        faults += [f"{table.name}: {fault}" for fault in unknown_columns(data, names)]
        return [None] * len(table), values, names, faults
    # of folders, the frame holds the names as they are; there is nothing to parse
    cells = list(table.frame[data.label]) if data.table is None else table.texts(data.label)
    faults = [f"{table.name}: {fault}" for fault in unknown_names(cells, _as_written(data, cells))]
    return cells, None, (), faults


def _as_written(data: DataConfig, cells: Sequence[Text]) -> DataConfig:
    """Return [data] with the separator that cells of a table show, where they do not hold the configured one."""
    if data.table is None or not data.several:
        return data
    found = cell_separator(cells, data.separator)
    return data if found == data.separator else data.model_copy(update={"separator": found})


def _other_separator(table: LabelTable, cells: Sequence[Text], data: DataConfig, found: DataConfig) -> Finding:
    row, cell = next((row, cell) for row, cell in enumerate(cells) if cell and found.separator in cell)
    message = (
        f'{table.name}: no cell of the column "{data.label}" holds the separator {toml_value(data.separator)}; '
        f"classes were taken apart at {toml_value(found.separator)}, between which they recur (first: "
        f'{table.place(row)}, "{cell}"). Name it in data.separator.'
    )
    return Finding("EH101", "note", message, about=table.name, evidence={"separator": found.separator})


def _left_out(gap: _Gap, table: LabelTable) -> Finding:
    return Finding("EH101", "warning", f"{gap.message} {gap.done}", about=table.name, evidence=gap.evidence)


def _refused(table: LabelTable, located: Located, data: DataConfig) -> list[str]:
    if not located.outside:
        return []
    row, reason = next(iter(located.outside.items()))
    count = len(located.outside)
    return [
        f"{table.name}: {count:,} of {len(table):,} rows have a path that is refused (first: {table.place(row)}, "
        f'"{table.texts(data.path)[row]}", which {reason}). Write paths relative to data.root.'
    ]


def _missing(
    table: LabelTable, located: Located, data: DataConfig, root: Root, texts: Sequence[Text] | None
) -> list[_Gap]:
    """Return the gaps of rows whose file does not exist, if there are any.

    Where rows have texts, an empty cell names no file, and a row may do without one.
    """
    rows, paths = located.missing, table.texts(data.path)
    if texts is not None:
        empty = [row for row in rows if paths[row] is None and texts[row] is None]
        rows = [row for row in rows if paths[row] is not None]
        gaps = [_empty(table, empty)] if empty else []
        return [*gaps, *([_lost(table, located, root, rows, paths, texts)] if rows else [])]
    return [_lost(table, located, root, rows, paths, None)] if rows else []


def _empty(table: LabelTable, rows: Sequence[int]) -> _Gap:
    message = (
        f"{table.name}: {len(rows):,} of {len(table):,} rows have neither a file nor a text "
        f"(first: {table.place(rows[0])})."
    )
    return _Gap(message, "", {"rows": len(rows), "of": len(table)})


def _lost(
    table: LabelTable,
    located: Located,
    root: Root,
    rows: Sequence[int],
    paths: Sequence[Text],
    texts: Sequence[Text] | None,
) -> _Gap:
    """Return the gap of rows that name a file that does not exist."""
    written = f'"{paths[rows[0]]}"' if paths[rows[0]] else "an empty cell"
    hint = f' Did you mean "{located.hints[rows[0]]}"?' if rows[0] in located.hints else ""
    message = (
        f"{table.name}: {len(rows):,} of {len(table):,} rows name a file that does not exist "
        f"(first: {table.place(rows[0])}, {written}).{hint}"
    )
    if len(rows) == len(table):
        message += f" None of the files was found below {root.path}."
    fix = 'Correct the paths, or set data.missing = "drop".'
    numbers = {"rows": len(rows), "of": len(table), "paths": [str(paths[row]) for row in rows[:100]]}
    if texts is None:
        return _Gap(message, fix, numbers)
    kept = sum(texts[row] is not None for row in rows)
    done = f"{kept:,} of them keep their text" + ("; the others were left out." if kept < len(rows) else ".")
    fix = f"{fix[:-1]}, with which rows keep their text."
    return _Gap(message, fix, {**numbers, "kept": kept}, done)


def _unlabelled(table: LabelTable, rows: Sequence[int], data: DataConfig) -> list[_Gap]:
    if not rows:
        return []
    message = (
        f"{table.name}: {len(rows):,} of {len(table):,} rows have no class in the column "
        f'"{data.label}" (first: {table.place(rows[0])}).'
    )
    if data.label_columns or data.tag_columns:
        key = "label_columns" if data.label_columns else "tag_columns"
        message = (
            f"{table.name}: {len(rows):,} of {len(table):,} rows have no label in any of data.{key} "
            f"(first: {table.place(rows[0])})."
        )
    fix = 'Fill them in, or set data.missing = "drop".'
    return [_Gap(message, fix, {"rows": len(rows), "of": len(table)})]


def _without_repeats(rows: TableRows, data: DataConfig) -> tuple[TableRows, list[Finding]]:
    """Return the rows without later ones that give the same file the same class.

    If rows may have several classes, those of later rows are added to the first row of the file, whether they stand
    in a cell or in columns; degrees of classes, such as one row for each annotator, become their weighted mean.
    Weights add up. A file under two classes
    otherwise stays, to be reported by rule EH104.
    """
    classes = list(rows.classes)
    first: dict[object, int] = {}
    of = np.empty(len(rows), dtype=np.int64)
    texts = rows.texts or [None] * len(rows)
    for at, (name, row, text) in enumerate(zip(rows.names, rows.classes, texts, strict=True)):
        # Rows without a file are not the same one because they read alike: that is for EH103 to say.
        key = (name, text) if name else at
        of[at] = start = first.setdefault(key if data.several else (key, row), at)
        if start != at:
            classes[start] = tuple(dict.fromkeys([*classes[start], *row]))
    keep = of == np.arange(len(rows))
    if keep.all():
        return rows, []
    kept = replace(rows, classes=classes).take(keep)
    numbers = np.unique(of, return_inverse=True)[1]  # in the order of the rows that are kept
    if rows.values is not None:
        # a mean of yes and no would be a degree, and another task than the one that was asked for
        soft = data.task == "soft"
        values = joined(rows.values, rows.weights, numbers) if soft else any_known(rows.values, numbers)
        kept = replace(kept, values=values)
    if rows.weights is not None:
        kept = replace(kept, weights=np.bincount(numbers, weights=rows.weights).astype(np.float64))
    return kept, [_repeated(rows, np.flatnonzero(~keep), data)]


def _repeated(rows: TableRows, at: npt.NDArray[np.int64], data: DataConfig) -> Finding:
    table, names = rows.table, [rows.names[i] for i in at]
    done = "joined with the row that names it first" if data.several else "left out"
    if rows.values is not None:
        held = "the mean of its rows" if data.task == "soft" else "every label of its rows"
        done = f"joined: each file has {held}"
    message = (
        f"{table.name}: {len(at):,} of {len(table):,} rows name a file again "
        f'(first: {table.place(int(at[0]))}, "{names[0]}"); they were {done}.'
    )
    return Finding("EH103", "note", message, about=table.name, evidence={"rows": len(at), "paths": names[:100]})
