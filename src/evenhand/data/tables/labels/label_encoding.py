"""From cells of a table to class indices: several classes in a cell, renamed, dropped, too rare; coarser levels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import DataError, did_you_mean
from evenhand.base.text.cells import Text
from evenhand.base.text.counted import count
from evenhand.base.values import Finding
from evenhand.data.config import DataConfig
from evenhand.data.roots.file_names import some
from evenhand.data.tables.labels.cell_separator import cell_parts
from evenhand.data.tables.table import LabelTable

Row = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ClassLabels:
    """The classes of rows.

    Attributes
    ----------
    classes
        The k class names in order: that of `data.classes`; else numbers by their value, everything else by its
        letters.
    values
        (n,) int64 class indices, or (n, k) float64 of 0 and 1 where rows may have several.
    keep
        (n,) bool, rows that still have a class (with `several`: that did not lose their last one).
    findings
        About classes that were left out.
    """

    classes: tuple[str, ...]
    values: npt.NDArray[Any]
    keep: npt.NDArray[np.bool_]
    findings: tuple[Finding, ...]


def split_cells(cells: Sequence[Text], data: DataConfig) -> list[Row]:
    """Return (n,) the classes of each row, renamed, each once; an empty cell has none."""
    rows = [_parts(cell, data) for cell in cells]
    return [tuple(dict.fromkeys(data.rename.get(name, name) for name in row)) for row in rows]


def merge_unknown(rows: Sequence[Row], data: DataConfig, classes: Sequence[str]) -> list[Row]:
    """Return the rows of a further set with `data.merged` in place of classes that the first set lacks.

    Where rare classes are merged, what the first set lacks has fewer than `data.min_count` rows there. Without such
    a class, and for classes that `data.drop` leaves out, nothing changes.
    """
    if data.min_count_action != "merge" or data.merged not in classes:
        return list(rows)
    return _merged(rows, {name for row in rows for name in row}.difference(classes, data.drop), data.merged)


def _parts(cell: Text, data: DataConfig) -> list[str]:
    if data.several:
        return cell_parts(cell, data.separator)
    return [] if cell is None else [cell]


def unknown_names(cells: Sequence[Text], data: DataConfig) -> list[str]:
    """Return a sentence for each class named by a key of [data] that no row has, unless that is allowed."""
    if not data.names_known:
        return []
    written = {name for cell in cells for name in _parts(cell, data)}
    renamed = {data.rename.get(name, name) for name in written}
    keys = [("data.rename", name, written) for name in data.rename]
    keys += [("data.drop", name, renamed) for name in data.drop]
    listed = renamed.union(data.classes)
    keys += [("data.exclusive", name, listed) for names in data.named_exclusive for name in names]
    return [unknown_name(key, name, known) for key, name, known in keys if name not in known]


def unknown_name(key: str, name: str, known: set[str]) -> str:
    """Return a sentence about a name at a key of the configuration that is not among the known classes."""
    hint = did_you_mean(name, known) or f" Classes are: {some(sorted(known), most=8)}."
    return f'{key} names the class "{name}", which no row has.{hint}'


def label(rows: Sequence[Row], data: DataConfig, source: str, *, named: str = "folders") -> ClassLabels:
    """Return class indices, without dropped classes and those below `data.min_count`.

    Where `data.classes` names the classes, they are these, with rows or without.

    `named` is the source of the class names, for messages, if there is no table.

    Raises
    ------
    DataError
        If fewer than two classes remain (one, where rows may have several), or rows have classes that
        `data.classes` does not name.
    """
    dropped = set(data.drop)
    counts = _counts(rows, dropped)
    if data.classes:
        return _declared(rows, counts, data, source)
    rare = {name for name, count in counts.items() if count < data.min_count}
    merging: tuple[Finding, ...] = ()
    if data.min_count_action == "merge" and rare - {data.merged}:
        rows, joined = _merged(rows, rare, data.merged), {name: counts[name] for name in sorted(rare, key=_order)}
        counts = _counts(rows, dropped)
        merging = (merging_finding(joined, counts[data.merged], data, source),)
        rare = {name for name, count in counts.items() if count < data.min_count}
    classes = tuple(sorted(counts.keys() - rare, key=_order))
    if len(classes) < data.least_classes:
        raise DataError(too_few_classes(classes, rare, counts, data, source, named))
    gone = dropped | rare
    kept = [tuple(name for name in row if name not in gone) for row in rows]
    keep = np.array([bool(left) or (data.several and not row) for row, left in zip(rows, kept, strict=True)])
    at = {name: c for c, name in enumerate(classes)}
    values = _matrix(kept, at) if data.several else np.array([at[row[0]] if row else -1 for row in kept])
    gaps = (rare_finding({name: counts[name] for name in sorted(rare, key=_order)}, data, source),) if rare else ()
    return ClassLabels(classes, values, keep, merging + gaps)


def _declared(rows: Sequence[Row], counts: Counter[str], data: DataConfig, source: str) -> ClassLabels:
    """Return class indices into `data.classes`."""
    at = {name: c for c, name in enumerate(data.classes)}
    unknown = {name: counts[name] for name in sorted(counts.keys() - at.keys(), key=_order)}
    if unknown:
        first = next(iter(unknown))
        hint = did_you_mean(first, at) or f" It names: {some(data.classes, most=8)}."
        raise DataError(
            f"{source}: rows have {_classes(len(unknown))} that data.classes does not name: {some(unknown)}.{hint} "
            "Name them too, merge them by data.rename, or leave them out by data.drop."
        )
    kept = [tuple(name for name in row if name in at) for row in rows]
    keep = np.array([bool(left) or (data.several and not row) for row, left in zip(rows, kept, strict=True)])
    values = _matrix(kept, at) if data.several else np.array([at[row[0]] if row else -1 for row in kept])
    return ClassLabels(tuple(data.classes), values, keep, ())


def _classes(n: int) -> str:
    return "a class" if n == 1 else f"{n:,} classes"


def _counts(rows: Sequence[Row], dropped: set[str]) -> Counter[str]:
    return Counter(name for row in rows for name in row if name not in dropped)


def _merged(rows: Sequence[Row], rare: set[str], into: str) -> list[Row]:
    """Return the rows with `into` in place of rare classes, once in each row."""
    return [tuple(dict.fromkeys(into if name in rare else name for name in row)) for row in rows]


def _matrix(rows: Sequence[Row], at: dict[str, int]) -> npt.NDArray[np.float64]:
    out = np.zeros((len(rows), len(at)))
    for i, row in enumerate(rows):
        out[i, [at[name] for name in row]] = 1.0
    return out


def _order(name: str) -> tuple[int, float, str]:
    """Return the sort key of a class: numbers first, by value, then words."""
    try:
        # `float` reads "nan" and "inf" as well, which are words here
        return (0, float(name), name) if name[-1:].isdigit() else (1, 0.0, name)
    except ValueError:
        return (1, 0.0, name)


def rare_finding(counts: Mapping[str, float], data: DataConfig, source: str) -> Finding:
    """Return a warning about classes that were left out because they have fewer rows than `data.min_count`."""
    have, were = ("class has", "was") if len(counts) == 1 else ("classes have", "were")
    return Finding(
        code="EH107",
        severity="warning",
        message=f"{source}: {len(counts):,} {have} fewer rows than data.min_count = {data.min_count} and "
        f"{were} left out: {some(counts)}. Collect more, or merge them into others with data.rename.",
        about=next(iter(counts)) if len(counts) == 1 else "",
        evidence={"rows": counts, "min_count": data.min_count},
    )


def merging_finding(counts: Mapping[str, float], rows: float, data: DataConfig, source: str) -> Finding:
    """Return a note about classes that were merged because they have fewer rows than `data.min_count`."""
    have, were = ("class has", "was") if len(counts) == 1 else ("classes have", "were")
    return Finding(
        code="EH107",
        severity="note",
        message=f"{source}: {len(counts):,} {have} fewer rows than data.min_count = {data.min_count} and {were} "
        f'merged into "{data.merged}", which has {rows:,} rows: {some(counts)}.',
        about=data.merged,
        evidence={"rows": counts, "min_count": data.min_count, "merged": data.merged, "merged_rows": rows},
    )


def too_few_classes(
    classes: Sequence[str], rare: set[str], counts: Mapping[str, float], data: DataConfig, source: str, named: str
) -> str:
    """Return a sentence about data of which too few classes are left."""
    column = f'column "{data.label}"' if data.table else named
    another = ", or name another column in data.label" if data.table else ""
    another = another or (", or read it from names (data.label_pattern)" if not data.label_pattern else "")
    if not counts:
        return f"{source}: no row has a class ({column}). A classifier needs rows of two classes or more."
    if not rare:
        name = classes[0]
        return (
            f'{source}: all {counts[name]:,} rows are of one class, "{name}" ({column}). A classifier needs two '
            f"or more: add rows of another class{another}."
        )
    return (
        f"{source}: of {count(len(counts), 'class', 'classes')} ({column}), {len(rare):,} "
        f"{'has' if len(rare) == 1 else 'have'} fewer rows than data.min_count = {data.min_count} "
        f"(such as {some(sorted(rare))}); two or more classes must remain. "
        f"Collect more rows, or merge classes with data.rename{another}."
    )


def levels(table: LabelTable, rows: Sequence[Row], classes: Row, columns: Sequence[str]) -> dict[str, Row]:
    """Return column -> (k,) the coarser class of each class.

    Raises
    ------
    DataError
        If a class belongs to two coarser classes, or to none; the text names every such class.
    """
    # of all columns, so that faults of several are reported at once
    found = {column: _coarser(table, rows, classes, column) for column in columns}
    faults = [fault for _, faults in found.values() for fault in faults]
    if faults:
        raise DataError("\n".join(faults))
    return {column: names for column, (names, _) in found.items()}


def _coarser(table: LabelTable, rows: Sequence[Row], classes: Row, column: str) -> tuple[Row, list[str]]:
    seen: dict[str, Counter[str]] = {name: Counter() for name in classes}
    first: dict[tuple[str, str], int] = {}
    for at, (row, coarse) in enumerate(zip(rows, table.texts(column), strict=True)):
        if coarse is not None and row and row[0] in seen:
            seen[row[0]][coarse] += 1
            first.setdefault((row[0], coarse), at)
    faults = []
    for name, counts in seen.items():
        if not counts:
            faults.append(f'{table.name}: the class "{name}" has no value in the column "{column}" (data.levels).')
        elif len(counts) > 1:
            places = [
                f'"{coarse}" ({count:,} rows, first {table.place(first[name, coarse])})'
                for coarse, count in counts.most_common(3)
            ]
            faults.append(
                f'{table.name}: the class "{name}" belongs to {len(counts)} classes of "{column}": '
                f"{', '.join(places)}. A class must belong to one coarser class: correct the rows, or remove "
                f'"{column}" from data.levels.'
            )
    return tuple(counts.most_common(1)[0][0] if counts else "" for counts in seen.values()), faults
