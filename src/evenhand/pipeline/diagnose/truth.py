"""The truth of new rows: from a manifest, or as the kind of data reads labels (folders, tables, annotations)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import DataError, EvenhandError, unknown
from evenhand.base.text.cells import Text, object_array
from evenhand.base.values import NO_LABEL, Finding, Ints, Samples, Strings
from evenhand.base.values.samples import any_of, known_labels
from evenhand.data.config import DataConfig, FurtherConfig, FurtherData
from evenhand.data.roots.file_names import some
from evenhand.data.tables.labels.label_columns import read_label_columns
from evenhand.data.tables.labels.label_encoding import Row, merge_unknown, split_cells
from evenhand.data.tables.path_lookup import locate
from evenhand.data.tables.table import LabelTable, read_table
from evenhand.evaluation.reading.row_keys import PATHS, find_rows
from evenhand.pipeline.verbs.predict import NewRows
from evenhand.settings.load import Settings


@dataclass(frozen=True, eq=False)
class RowTruth:
    """What is known of n new rows.

    Attributes
    ----------
    labels
        (n,) int64 class indices, `NO_LABEL` where unknown, or (n, k) float64 for several labels; None where
        no label is known.
    groups
        (n,) groups, or None where they are not known.
    source
        Where the labels come from, in words; where there are none, why.
    findings
        Labels that the run does not know, rows that are not found, labels that contradict each other.
    """

    labels: npt.NDArray[Any] | None
    groups: Strings | None
    source: str
    findings: tuple[Finding, ...] = ()

    def take(self, rows: npt.NDArray[Any]) -> RowTruth:
        """Return the truth of some rows (a mask or positions)."""
        labels = None if self.labels is None else self.labels[rows]
        return replace(self, labels=labels, groups=None if self.groups is None else self.groups[rows])


def truth_of_manifest(
    rows: NewRows,
    settings: Settings,
    classes: Sequence[str],
    manifest: Path,
    *,
    label: str | None = None,
    group: str | None = None,
) -> RowTruth:
    """Return the truth that a table holds; labels are renamed, merged and dropped as [data] of the run says.

    Parameters
    ----------
    manifest
        CSV or Parquet, on disk or below the root.
    label, group
        Columns; by default those of the run, else "label", and no groups where there is no such column.

    Raises
    ------
    DataError
        If there is no such table or column, or it names none of the rows.
    """
    data = settings.data
    table = read_table(rows.root, str(manifest), encoding=data.table_encoding)
    columns = [str(name) for name in table.frame.columns]
    if data.label_columns and label is None:
        return _truth_of_columns(rows, table, data, classes, group)
    column = label or (data.label if data.label in columns else "label")
    for name, option in ((column, "--label"), (group, "--group")):
        if name is not None and name not in columns:
            raise DataError(f"{table.name}: {unknown('column', name, columns)} Name it with {option}.")
    at = _matched(rows, table, data)
    cells = merge_unknown(split_cells(table.texts(column), data), data, classes)
    at, conflicts = _settled(at, cells, len(rows.samples), table)
    found = [cells[place] if place >= 0 else () for place in at]
    known = np.array([place >= 0 and (data.several or bool(cells[place])) for place in at])
    groups = group or (data.group if data.group in columns else None)
    named = None if groups is None else _groups(rows.samples.ids, at, table.texts(groups))
    labels, strange = _numbered(found, known, data, classes, table.name)
    missing = _unmatched(at, rows.samples, table)
    if not known_labels(labels).any():
        return RowTruth(None, named, f"no row has a known class in {table.name}", (*conflicts, *strange, *missing))
    return RowTruth(labels, named, f'the column "{column}" of {table.name}', (*conflicts, *strange, *missing))


def _truth_of_columns(
    rows: NewRows, table: LabelTable, data: DataConfig, classes: Sequence[str], group: str | None
) -> RowTruth:
    """Return the truth that a table holds in a column for each class; a class without a column is not known.

    Raises
    ------
    DataError
        If a column is missing, a cell is not a label, or the table names none of the rows.
    """
    columns = [str(name) for name in table.frame.columns]
    wanted = [*data.label_columns, *([group] if group else [])]
    faults = [f"{table.name}: {unknown('column', name, columns)}" for name in wanted if name not in columns]
    if faults:
        raise DataError("\n".join(faults))
    values, faults = read_label_columns(table, data)
    if faults:
        raise DataError("\n".join(faults))
    cells = [tuple(f"{c}={value:g}" for c, value in enumerate(row)) for row in values.tolist()]
    at, conflicts = _settled(_matched(rows, table, data), cells, len(rows.samples), table)
    labels = np.full((len(at), len(classes)), np.nan)
    renamed = [(data.rename.get(name, name),) for name in data.label_columns]
    names = np.array([name for (name,) in merge_unknown(renamed, data, classes)], dtype=object)
    for c, name in enumerate(classes):
        if (names == name).any():
            labels[at >= 0, c] = any_of(values[:, names == name])[at[at >= 0]]
    groups = group or (data.group if data.group in columns else None)
    named = None if groups is None else _groups(rows.samples.ids, at, table.texts(groups))
    found = (*conflicts, *_unmatched(at, rows.samples, table))
    if not known_labels(labels).any():
        return RowTruth(None, named, f"no row has a known label in {table.name}", found)
    return RowTruth(labels, named, f"the columns of labels of {table.name}", found)


def truth_of_kind(rows: NewRows, settings: Settings, classes: Sequence[str], source: Path) -> RowTruth:
    """Return the truth as the kind of data reads it: a table named as that of the run, folders, or annotations.

    Without a single class of the run there, nothing is known.
    """
    data, kind = settings.data, settings.kind
    beside = Path(data.table).name if data.table else None
    table = beside if beside in rows.root.names() else None
    asked = FurtherConfig(root=str(source), table=table, group=data.group, missing="drop")
    try:
        try:
            found, _ = kind.samples(rows.root, FurtherData.of(data, asked), settings.kind_config)
        except EvenhandError:  # often without the column of groups
            asked = asked.model_copy(update={"group": None})
            found, _ = kind.samples(rows.root, FurtherData.of(data, asked), settings.kind_config)
    except EvenhandError as error:
        return RowTruth(None, None, f"no labels were found ({_first_line(error)})")
    if not set(found.classes) & set(classes):
        return RowTruth(None, None, f"{some(found.classes)} are not classes of the run")
    at = _joined(rows.samples.frame, found.frame, kind.shown)
    where = table or ("its annotations" if kind.shown else "its folders")
    if data.label_columns or data.tag_columns:
        groups = _groups(rows.samples.ids, at, found.groups.tolist()) if found.grouped else None
        return RowTruth(_of_classes(found, at, data, classes), groups, where)
    own = merge_unknown([_classes_of(found, place) if place >= 0 else () for place in at], data, classes)
    known = np.array([place >= 0 and bool(found.known[place]) for place in at])
    labels, strange = _numbered(own, known, data, classes, where)
    if not known_labels(labels).any():
        return RowTruth(None, None, f"no row has a class of the run in {where}", strange)
    groups = _groups(rows.samples.ids, at, found.groups.tolist()) if found.grouped else None
    return RowTruth(labels, groups, where, strange)


def _first_line(error: EvenhandError) -> str:
    return str(error).splitlines()[0].removesuffix(".")


def _matched(rows: NewRows, table: LabelTable, data: DataConfig) -> Ints:
    """Return (t,) the new row that each row of the table names, -1 for none: by path, id or file name."""
    names = {str(name): at for at, name in enumerate(rows.samples.frame["path"])}
    paths = rows.samples.frame["path"].astype(str).to_numpy(dtype=object)
    keys = [
        name for name in table.frame.columns if name in (data.path, data.id) or str(name).lower() in ("id", *PATHS)
    ]
    ways: list[Ints] = []
    if data.path in table.frame and len(names) == len(paths):  # a file of many rows is not named by its path
        located = locate(table.texts(data.path), rows.root, table.folder, disk=_disk(table))
        ways.append(np.array([names.get(name or "", -1) for name in located.names], dtype=np.int64))
    for key in keys:
        texts = table.texts(str(key))
        written = object_array([text or "" for text in texts])
        first = ~pd.Index(written).duplicated()
        of_row = find_rows(written[first], rows.samples.ids, {"path": paths} if len(names) == len(paths) else None)
        ways.append(_inverted(of_row, written[first], texts))
    best = max(ways, key=lambda way: int((way >= 0).sum()), default=None)
    if best is None or not (best >= 0).any():
        named = (
            f"(columns: {some([str(key) for key in keys])})"
            if keys
            else f'(there is no column "{data.path}" or "id")'
        )
        raise DataError(
            f"{table.name}: none of its {len(table):,} rows names one of the {len(paths):,} rows of "
            f"{rows.root.path} {named}. Write paths relative to that folder, or ids."
        )
    return best


def _disk(table: LabelTable) -> Path | None:
    return Path(table.name).parent if Path(table.name).is_file() else None


def _inverted(of_row: Ints, written: Strings, texts: Sequence[Text]) -> Ints:
    """Return (t,) the new row of each row of the table, from (n,) the unique key of each new row."""
    row_of = {written[place]: row for row, place in enumerate(of_row) if place >= 0}
    return np.array([row_of.get(text or "", -1) for text in texts], dtype=np.int64)


def _settled(row: Ints, cells: Sequence[Row], n: int, table: LabelTable) -> tuple[Ints, tuple[Finding, ...]]:
    """Return (n,) the row of the table of each new row, -1 where there is none or they contradict each other."""
    at, clash = np.full(n, -1, dtype=np.int64), set[int]()
    for place, new in enumerate(row.tolist()):
        if new < 0:
            continue
        if at[new] >= 0 and set(cells[at[new]]) != set(cells[place]):
            clash.add(new)
        elif at[new] < 0:
            at[new] = place
    at[list(clash)] = -1
    if not clash:
        return at, ()
    message = (
        f"{table.name}: {len(clash):,} rows stand there more than once, under different labels; their truth is "
        "taken as unknown."
    )
    return at, (Finding("EH104", "warning", message, about=table.name, evidence={"rows": len(clash)}),)


def _numbered(
    found: Sequence[Row], known: npt.NDArray[np.bool_], data: DataConfig, classes: Sequence[str], source: str
) -> tuple[npt.NDArray[Any], tuple[Finding, ...]]:
    """Return labels by class index, and a finding about labels that the run has no class for."""
    place = {name: c for c, name in enumerate(classes)}
    foreign = Counter(
        name for row, there in zip(found, known, strict=True) if there for name in row if name not in place
    )
    fits = known & np.array([all(name in place for name in row) for row in found], dtype=bool)
    if data.several:
        labels: npt.NDArray[Any] = np.full((len(found), len(classes)), np.nan)
        labels[fits] = 0.0
        for row in np.flatnonzero(fits).tolist():
            labels[row, [place[name] for name in found[row]]] = 1.0
    else:
        labels = np.array(
            [place[row[0]] if fit else NO_LABEL for row, fit in zip(found, fits, strict=True)], dtype=np.int64
        )
    if not foreign:
        return labels, ()
    rows = int((known & ~fits).sum())
    have = "row has a label" if rows == 1 else "rows have labels"
    message = (
        f"{source}: {rows:,} {have} that the run has no class for ({some(list(foreign))}). No prediction "
        "can be right there; they are left out of the accuracy. Map them with data.rename, or train on them."
    )
    return labels, (
        Finding("EH107", "warning", message, about=source, evidence={"rows": rows, "labels": dict(foreign)}),
    )


def _unmatched(at: Ints, samples: Samples, table: LabelTable) -> tuple[Finding, ...]:
    """Return a note about rows that the table does not name."""
    lacking = np.flatnonzero(at < 0)
    if not len(lacking):
        return ()
    paths = [str(name) for name in samples.frame["path"].iloc[lacking]]
    message = f"{table.name}: does not give the label of {len(lacking):,} of {len(samples):,} rows ({some(paths)})."
    ids = tuple(str(name) for name in samples.ids[lacking])
    return (Finding("EH101", "note", message, about=table.name, evidence={"rows": len(lacking)}, ids=ids),)


def _groups(ids: Strings, at: Ints, names: Sequence[Any]) -> Strings | None:
    """Return (n,) groups, a row without one being a group of its own; None where no row has one."""
    found = [names[place] if place >= 0 else None for place in at]
    if all(name is None for name in found):
        return None
    return object_array([f"id:{i}" if name is None else str(name) for i, name in zip(ids, found, strict=True)])


def _of_classes(samples: Samples, at: Ints, data: DataConfig, classes: Sequence[str]) -> npt.NDArray[Any]:
    """Return (n, k) the labels of rows at positions (-1 for none) by the classes of the run, NaN where unknown."""
    labels = np.full((len(at), len(classes)), np.nan)
    own = merge_unknown([(name,) for name in samples.classes], data, classes)
    names = np.array([name for (name,) in own], dtype=object)
    for c, name in enumerate(classes):
        if (names == name).any():
            labels[at >= 0, c] = any_of(samples.labels[:, names == name])[at[at >= 0]]
    return labels


def _classes_of(samples: Samples, place: int) -> Row:
    if samples.multi_label:
        return tuple(
            name for name, holds in zip(samples.classes, samples.labels[place], strict=True) if holds >= 0.5
        )
    label = int(samples.labels[place])
    return (samples.classes[label],) if label >= 0 else ()


def _joined(new: pd.DataFrame, labelled: pd.DataFrame, shown: Sequence[str]) -> Ints:
    """Return (n,) the labelled row of each new row, by path and what else identifies a row of the kind."""
    columns = ["path", *(name for name in shown if name in new and name in labelled)]
    known = {key: at for at, key in enumerate(zip(*(labelled[name].astype(str) for name in columns), strict=True))}
    keys = zip(*(new[name].astype(str) for name in columns), strict=True)
    return np.array([known.get(key, -1) for key in keys], dtype=np.int64)
