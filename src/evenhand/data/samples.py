"""From a root and a table, or folders, to samples: one row per file, labelled, with an id that stays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError, unknown
from evenhand.base.values import NO_LABEL, Finding, Samples
from evenhand.data.config import DataConfig
from evenhand.data.contents import content_ids, contents
from evenhand.data.folders import files_of, read_folders
from evenhand.data.labels import Row, label, levels, split_cells, unknown_names
from evenhand.data.paths import Located, locate
from evenhand.data.root import Root
from evenhand.data.skipped import Skipped, findings_of
from evenhand.data.table import Table, read_table

_OWN = ("id", "path", "content", "group", "split")


def file_samples(
    root: Root, data: DataConfig, *, kind: str, suffixes: Collection[str]
) -> tuple[Samples, list[Finding]]:
    """Return the samples of a kind of data whose rows are files, and what was found on the way.

    Parameters
    ----------
    root
        Where the files are.
    data
        What to read; without a table every folder is a class.
    kind
        Name of the kind, for messages.
    suffixes
        Endings of its files (lower case, with dot); a table may name any file.

    Raises
    ------
    DataError
        With everything that is wrong with the table at once.
    """
    findings = findings_of(root.skipped(), root.path.name)
    if data.table is None:
        table = read_folders(root, data, suffixes)
    else:
        table = read_table(root, data.table, encoding=data.table_encoding)
    findings += table.findings
    _require_columns(table, data)
    table, names, more = _with_files(table, root, data)
    findings += more
    table, names, rows, more = _without_repeats(table, names, data)
    findings += more
    hashes = contents(root, names)
    unreadable = [Skipped(n, str(h)) for n, h in zip(names, hashes, strict=True) if isinstance(h, DataError)]
    findings += findings_of(unreadable, table.name)
    readable = np.array([isinstance(h, str) for h in hashes], dtype=bool)
    return _assembled(
        table.take(readable),
        [name for name, good in zip(names, readable, strict=True) if good],
        [row for row, good in zip(rows, readable, strict=True) if good],
        [h for h in hashes if isinstance(h, str)],
        data,
        kind,
        findings,
    )


def unlabelled_samples(root: Root, *, kind: str, suffixes: Collection[str]) -> tuple[Samples, list[Finding]]:
    """Return every file of a kind below a root, without classes, for prediction."""
    names = files_of(root, suffixes, kind)
    hashes = contents(root, names)
    unreadable = [Skipped(n, str(h)) for n, h in zip(names, hashes, strict=True) if isinstance(h, DataError)]
    read = [(n, h) for n, h in zip(names, hashes, strict=True) if isinstance(h, str)]
    paths, known = [n for n, _ in read], [h for _, h in read]
    frame = pd.DataFrame({"id": content_ids(known, paths), "path": paths, "content": known}, dtype=object)
    labels = np.full(len(frame), NO_LABEL, dtype=np.int64)
    findings = findings_of([*root.skipped(), *unreadable], root.path.name)
    return Samples(frame, classes=(), labels=labels, kind=kind), findings


def _require_columns(table: Table, data: DataConfig) -> None:
    """Check that every column that [data] names is there."""
    keys = {"path": data.path, "label": data.label, "id": data.id, "group": data.group, "split": data.split}
    wanted = [(f"data.{key}", column) for key, column in keys.items() if column is not None]
    wanted += [("data.levels", column) for column in data.levels]
    columns = list(table.frame.columns)
    faults = [
        f"{table.name}: {key}: {unknown('column', column, columns)}"
        for key, column in wanted
        if column not in columns
    ]
    if data.levels and data.several:
        faults.append("data.levels needs one class per row; take it out, or set data.several = false.")
    if faults:
        raise DataError("\n".join(faults))


def _with_files(table: Table, root: Root, data: DataConfig) -> tuple[Table, list[str], list[Finding]]:
    """Return the rows that have a file and a class, and the names of their files."""
    disk = Path(data.table).parent if data.table and Path(data.table).is_file() else None
    located = locate(table.texts(data.path), root, table.folder, disk=disk)
    cells = table.texts(data.label)
    bare = [row for row, cell in enumerate(cells) if cell is None and not data.several]
    faults = [*_refused(table, located, data), *(f"{table.name}: {f}" for f in unknown_names(cells, data))]
    gaps = [*_missing(table, located, data, root), *_unlabelled(table, bare, data)]
    if data.missing == "error":
        faults += [f"{says} {cure}" for says, cure, _ in gaps]
    if faults:
        raise DataError("\n".join(faults))
    gone = {*located.missing, *bare}
    keep = np.array([row not in gone for row in range(len(table))], dtype=bool)
    if not keep.any():
        raise DataError(" ".join([f"{table.name}: no row is left.", *(says for says, _, _ in gaps)]))
    findings = [
        Finding("EH101", "warning", f"{says} They were left out.", about=table.name, evidence=evidence)
        for says, _, evidence in gaps
    ]
    return table.take(keep), [n for n, good in zip(located.names, keep, strict=True) if good and n], findings


def _refused(table: Table, located: Located, data: DataConfig) -> list[str]:
    if not located.outside:
        return []
    row, reason = next(iter(located.outside.items()))
    count = len(located.outside)
    return [
        f"{table.name}: {count:,} of {len(table):,} rows have a path that is refused (first: {table.place(row)}, "
        f'"{table.texts(data.path)[row]}", which {reason}). Write paths relative to data.root.'
    ]


Gap = tuple[str, str, dict[str, object]]


def _missing(table: Table, located: Located, data: DataConfig, root: Root) -> list[Gap]:
    """Return what to say about rows without a file, what to do about it, and the numbers."""
    rows = located.missing
    if not rows:
        return []
    paths = table.texts(data.path)
    written = f'"{paths[rows[0]]}"' if paths[rows[0]] else "an empty cell"
    hint = f' Did you mean "{located.hints[rows[0]]}"?' if rows[0] in located.hints else ""
    says = (
        f"{table.name}: {len(rows):,} of {len(table):,} rows name a file that is not there "
        f"(first: {table.place(rows[0])}, {written}).{hint}"
    )
    if len(rows) == len(table):
        says += f" None of the files was found below {root.path}."
    cure = 'Correct the paths, or set data.missing = "drop".'
    names = [str(paths[row]) for row in rows[:100]]
    return [(says, cure, {"rows": len(rows), "of": len(table), "paths": names})]


def _unlabelled(table: Table, rows: Sequence[int], data: DataConfig) -> list[Gap]:
    if not rows:
        return []
    says = (
        f"{table.name}: {len(rows):,} of {len(table):,} rows have no class in the column "
        f'"{data.label}" (first: {table.place(rows[0])}).'
    )
    cure = 'Fill them in, or set data.missing = "drop".'
    return [(says, cure, {"rows": len(rows), "of": len(table)})]


def _without_repeats(
    table: Table, names: list[str], data: DataConfig
) -> tuple[Table, list[str], list[Row], list[Finding]]:
    """Return rows without later ones that say the same of the same file.

    Where rows may have several classes, those that later rows name for a file are added to its first row.
    A file under two classes otherwise stays, for the doctor to name.
    """
    rows = split_cells(table.texts(data.label), data)
    first: dict[object, int] = {}
    repeats: list[int] = []
    for at, (name, row) in enumerate(zip(names, rows, strict=True)):
        key: object = name if data.several else (name, row)
        if key not in first:
            first[key] = at
            continue
        repeats.append(at)
        rows[first[key]] = tuple(dict.fromkeys([*rows[first[key]], *row]))
    if not repeats:
        return table, names, rows, []
    says = (
        f"{table.name}: {len(repeats):,} rows name a file again "
        f'(first: {table.place(repeats[0])}, "{names[repeats[0]]}"); they were '
        + ("joined with the row that names it first." if data.several else "left out.")
    )
    evidence = {"rows": len(repeats), "paths": [names[at] for at in repeats[:100]]}
    keep = np.ones(len(table), dtype=bool)
    keep[repeats] = False
    kept = np.flatnonzero(keep)
    finding = Finding("EH103", "note", says, about=table.name, evidence=evidence)
    return table.take(keep), [names[at] for at in kept], [rows[at] for at in kept], [finding]


def _assembled(
    table: Table,
    names: list[str],
    rows: list[Row],
    hashes: list[str],
    data: DataConfig,
    kind: str,
    findings: list[Finding],
) -> tuple[Samples, list[Finding]]:
    labels = label(rows, data, table.name)
    coarser = levels(table, rows, labels.classes, data.levels)
    frame = _frame(table, names, hashes, data)[labels.keep].reset_index(drop=True)
    samples = Samples(frame, labels.classes, labels.values[labels.keep], levels=coarser, kind=kind)
    return samples, [*findings, *labels.findings]


def _frame(table: Table, names: list[str], hashes: list[str], data: DataConfig) -> pd.DataFrame:
    """Return the columns of samples: ours first, then the table's own, renamed where they would hide ours."""
    ids = content_ids(hashes, names) if data.id is None else _given_ids(table, data.id)
    own: dict[str, object] = {"id": ids, "path": names, "content": hashes}
    if data.group is not None:
        own["group"] = table.texts(data.group)
    if data.split is not None:
        own["split"] = table.texts(data.split)
    elif "split" in table.frame:
        own["split"] = table.texts("split")
    out = pd.DataFrame(own, index=range(len(table)))
    taken = {data.path, data.id} | ({"group"} if data.group == "group" else set()) | {"split"}
    for column in table.frame.columns.difference(list(taken - {None}), sort=False):
        hides = column in _OWN or column.startswith("eh:")
        out[f"table:{column}" if hides else column] = table.frame[column].to_numpy()
    return out


def _given_ids(table: Table, column: str) -> list[str]:
    """Return the table's own ids.

    Raises
    ------
    DataError
        If some are empty or name two rows.
    """
    ids = table.texts(column)
    empty = [row for row, name in enumerate(ids) if name is None]
    if empty:
        raise DataError(
            f'{table.name}: {len(empty):,} of {len(table):,} rows have no id in the column "{column}" '
            f"(first: {table.place(empty[0])}). Fill them in, or take data.id out: ids are then made of the files."
        )
    seen: dict[str, int] = {}
    twice = [(seen[name], row) for row, name in enumerate(map(str, ids)) if seen.setdefault(name, row) != row]
    if twice:
        one, two = twice[0]
        raise DataError(
            f'{table.name}: {len(twice):,} ids in the column "{column}" name a second row (first: "{ids[one]}" on '
            f"{table.place(one)} and {table.place(two)}). Every row needs an id of its own."
        )
    return [str(name) for name in ids]
