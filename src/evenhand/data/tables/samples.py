"""From a root and a table, or folders, to samples: one labelled row per file, with a stable id."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.values import NO_LABEL, Finding, Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.content_hash import content_ids, hash_files
from evenhand.data.roots.root import Root
from evenhand.data.roots.skipped import Skipped, findings_of
from evenhand.data.tables.class_folders import files_of, files_with_suffix, read_folders
from evenhand.data.tables.corrections import corrected, of_levels
from evenhand.data.tables.labels.label_columns import column_labels
from evenhand.data.tables.labels.label_encoding import label, levels
from evenhand.data.tables.name_pattern import read_names
from evenhand.data.tables.places import path_or_place
from evenhand.data.tables.row_filter import only_rows
from evenhand.data.tables.rows import TableRows, require_columns, rows_of, unnamed_files
from evenhand.data.tables.table import LabelTable, read_table

_OWN = frozenset({"id", "path", "content", "group", "split"})


def sample_frame(rows: TableRows, hashes: Sequence[str], data: DataConfig) -> pd.DataFrame:
    """Return n rows with id, path, content, text, group and split (if any), then the other columns of the table.

    The path of a row that has a text alone is its place in the table (`places`); a row without a text has "".
    A column that clashes with one of these, or with one of the record ("eh:…"), is renamed to "table:NAME".

    Raises
    ------
    DataError
        If ids of the table are empty or not unique.
    """
    table = rows.table
    ids = content_ids(hashes, rows.names) if data.id is None else _given_ids(table, data.id)
    paths = [path_or_place(name, table, row) for row, name in enumerate(rows.names)]
    columns: dict[str, object] = {"id": ids, "path": paths, "content": list(hashes)}
    if rows.texts is not None:
        columns["text"] = [text or "" for text in rows.texts]
    split = data.split or ("split" if "split" in table.frame else None)
    # A group named by the pattern is meant as one; a column of a table that is called so may be anything.
    group = data.group or ("group" if data.label_pattern is not None and "group" in table.frame else None)
    for ours, theirs in (("group", group), ("split", split)):
        if theirs is not None:
            columns[ours] = table.texts(theirs)
    used = {data.path, data.id} | {name for name in ("group", "split") if name in (group, split)}
    for name in table.frame.columns:
        if name not in used:
            hides = name in _OWN or name.startswith("eh:") or (name == "text" and "text" in columns)
            columns[f"table:{name}" if hides else name] = table.frame[name].to_numpy()
    return pd.DataFrame(columns, index=range(len(table)))


def _given_ids(table: LabelTable, column: str) -> list[str]:
    """Return the ids in a column of the table; raises `DataError` if some are empty or repeated."""
    ids = table.texts(column)
    empty = [row for row, name in enumerate(ids) if name is None]
    if empty:
        raise DataError(
            f'{table.name}: {len(empty):,} of {len(table):,} rows have no id in the column "{column}" '
            f"(first: {table.place(empty[0])}). Fill them in, or remove data.id: ids are then hashes of the files."
        )
    seen: dict[str, int] = {}
    twice = [(seen[name], row) for row, name in enumerate(map(str, ids)) if seen.setdefault(name, row) != row]
    if twice:
        one, two = twice[0]
        raise DataError(
            f'{table.name}: {len(twice):,} ids in the column "{column}" are repeated (first: "{ids[one]}" on '
            f"{table.place(one)} and {table.place(two)}). Every row needs a unique id."
        )
    return [str(name) for name in ids]


def file_samples(
    root: Root, data: DataConfig, *, kind: str, suffixes: Collection[str]
) -> tuple[Samples, list[Finding]]:
    """Return the samples of a kind of data whose rows are files, and findings.

    Parameters
    ----------
    root
        Source of the files.
    data
        The section [data]; without a table the pattern names the classes, or every folder is one.
    kind
        Name of the kind.
    suffixes
        Suffixes of its files (lower case, with dot); a table may name any file.

    Raises
    ------
    DataError
        If the table or the files do not fit; the text lists all faults of the table.
    """
    findings = findings_of(root.skipped(), root.path.name)
    if data.table is None and (data.label_columns or data.tag_columns or data.weight):
        key = next(name for name in ("label_columns", "tag_columns", "weight") if getattr(data, name))
        raise DataError(
            f"{root.path}: data.{key} names columns of a table, and there is none. Name it in data.table."
        )
    if data.label_pattern is not None:
        table = read_names(root, data, suffixes)
    elif data.table is None:
        table = read_folders(root, data, suffixes)
    else:
        table = read_table(root, data.table, encoding=data.table_encoding)
        require_columns(table, data)
        findings += unnamed_files(table, root, data, files_with_suffix(root, suffixes))
    if data.only:
        table = table.take(only_rows(table, data.only))
    rows, odd = rows_of(table, root, data)
    # Before labels: classes and `min_count` are counted over rows whose files can be read.
    hashes, readable, unreadable = hashed_files(root, rows.names)
    rows = rows.take(readable)
    samples, about_labels = samples_of(rows, hashes, data, kind=kind)
    return samples, [*findings, *table.findings, *odd, *findings_of(unreadable, table.name), *about_labels]


def samples_of(
    rows: TableRows, hashes: Sequence[str], data: DataConfig, *, kind: str
) -> tuple[Samples, list[Finding]]:
    """Return the samples of rows of a table, corrected, and findings about corrections and classes left out.

    Parameters
    ----------
    rows
        The usable rows.
    hashes
        (n,) hash of the content of each row, which its id is made of.

    Raises
    ------
    DataError
        If labels, ids, corrections or coarser classes do not fit.
    """
    named = "folders" if data.label_pattern is None else "data.label_pattern"
    # Ids of all rows, then corrections: a copy keeps its number when the first is trashed.
    frame = sample_frame(rows, hashes, data)
    found = corrected(frame["id"].tolist(), rows.classes, data, values=rows.values, columns=rows.columns)
    frame = frame[found.keep]
    rows = replace(rows, classes=found.classes, values=found.values).take(found.keep)
    table = rows.table
    if rows.values is None:
        labels = label(rows.classes, data, table.name, named=named)
    else:
        labels = column_labels(rows.values, rows.columns, data, table.name)
    coarser = levels(table, of_levels(rows.classes, found.relabelled[found.keep]), labels.classes, data.levels)
    frame = frame[labels.keep].reset_index(drop=True)
    samples = Samples(
        frame,
        labels.classes,
        labels.values[labels.keep],
        weights=None if rows.weights is None else rows.weights[labels.keep],
        levels=coarser,
        kind=kind,
        task=data.task,
    )
    return samples, [*found.findings, *labels.findings]


def unlabelled_samples(root: Root, *, kind: str, suffixes: Collection[str]) -> tuple[Samples, list[Finding]]:
    """Return every file of a kind below a root, without classes, for prediction."""
    names = np.array(files_of(root, suffixes, kind), dtype=object)
    hashes, readable, unreadable = hashed_files(root, list(names))
    paths = list(names[readable])
    frame = pd.DataFrame({"id": content_ids(hashes, paths), "path": paths, "content": hashes}, dtype=object)
    labels = np.full(len(frame), NO_LABEL, dtype=np.int64)
    findings = findings_of([*root.skipped(), *unreadable], root.path.name)
    return Samples(frame, classes=(), labels=labels, kind=kind), findings


def hashed_files(root: Root, names: Sequence[str]) -> tuple[list[str], npt.NDArray[np.bool_], list[Skipped]]:
    """Return the hashes of the readable files, (n,) bool which files those are, and the others with reasons."""
    found = hash_files(root, names)
    readable = np.array([isinstance(item, str) for item in found], dtype=bool)
    faults = [
        Skipped(name, str(item)) for name, item in zip(names, found, strict=True) if isinstance(item, DataError)
    ]
    return [item for item in found if isinstance(item, str)], readable, faults
