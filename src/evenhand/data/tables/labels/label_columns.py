"""Labels from a column per class: 0 or 1, or degrees from 0 to 1; an empty cell is not known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import DataError
from evenhand.base.text.cells import Text
from evenhand.base.values import Finding, Floats, Ints
from evenhand.base.values.samples import any_of, known_labels
from evenhand.data.config import DataConfig
from evenhand.data.tables.labels.label_encoding import (
    ClassLabels,
    merging_finding,
    rare_finding,
    too_few_classes,
    unknown_name,
)
from evenhand.data.tables.table import LabelTable

WORDS = {"true": 1.0, "false": 0.0}
"""Words that stand for a number, as tables written by other programs have them."""


def read_label_columns(table: LabelTable, data: DataConfig) -> tuple[Floats, list[str]]:
    """Return (n, c) float64 labels in 0..1 of `data.label_columns`, NaN where a cell is empty, and faults.

    A fault is a sentence about a column whose cells are not numbers from 0 to 1 (for `task = "multi"`, 0 or 1).
    """
    found = [_read(table, name, data) for name in data.label_columns]
    return np.column_stack([values for values, _ in found]), [fault for _, fault in found if fault]


def _read(table: LabelTable, column: str, data: DataConfig) -> tuple[Floats, str]:
    cells = table.texts(column)
    values = np.array([_number(cell) for cell in cells])
    empty = np.array([cell is None for cell in cells])
    fits = (values >= 0) & (values <= 1)
    if data.task == "multi":
        fits = (values == 0) | (values == 1)
    wrong = ~empty & ~fits
    if not wrong.any():
        return values, ""
    first = int(wrong.argmax())
    soft = data.task == "multi" and bool(((values >= 0) & (values <= 1))[wrong].all())
    allowed = "numbers from 0 to 1" if data.task == "soft" else "0 or 1"
    hint = ' For degrees in between, set data.task = "soft".' if soft else ""
    return values, (
        f'{table.name}: data.label_columns: {int(wrong.sum()):,} of {len(cells):,} cells of the column "{column}" '
        f'are not {allowed} (first: {table.place(first)}, "{cells[first]}"). Leave cells empty where it is not '
        f"known whether the class holds.{hint}"
    )


def _number(cell: Text) -> float:
    if cell is None:
        return np.nan
    try:
        return float(cell)
    except ValueError:
        return WORDS.get(cell.casefold(), np.nan)


def unknown_columns(data: DataConfig, names: Sequence[str]) -> list[str]:
    """Return a sentence for each name in `rename` and `drop` that no column of labels has, unless it is allowed."""
    if not data.names_known:
        return []
    columns = set(names)
    renamed = {data.rename.get(name, name) for name in columns}
    return [
        *(unknown_name("data.rename", name, columns) for name in data.rename if name not in columns),
        *(unknown_name("data.drop", name, renamed) for name in data.drop if name not in renamed),
        *(
            unknown_name("data.exclusive", name, renamed)
            for names in data.named_exclusive
            for name in names
            if name not in renamed
        ),
    ]


def joined(values: Floats, weights: Floats | None, row_of: Ints) -> Floats:
    """Return (m, c) labels of m files, each the mean over its rows in which they are known, weighted.

    Parameters
    ----------
    values
        (n, c) labels, NaN where unknown.
    weights
        (n,) weights of the rows, or None for equal ones.
    row_of
        (n,) the file of each row, in 0..m-1; every file has a row.
    """
    known = ~np.isnan(values)
    weighed = known * (np.ones(len(values)) if weights is None else weights)[:, None]
    top, bottom = np.zeros((2, int(row_of.max(initial=-1)) + 1, values.shape[1]))
    np.add.at(top, row_of, weighed * np.where(known, values, 0.0))
    np.add.at(bottom, row_of, weighed)
    with np.errstate(invalid="ignore"):
        # rounding of a weighted mean must not leave 0..1
        return np.asarray(np.clip(top / np.where(bottom > 0, bottom, np.nan), 0.0, 1.0))


def any_known(values: Floats, row_of: Ints) -> Floats:
    """Return (m, c) labels of m files: 1 where one of its rows holds a class, NaN where none knows of it, else 0.

    Parameters
    ----------
    values
        (n, c) labels of 0 and 1, NaN where unknown.
    row_of
        (n,) the file of each row, as in `joined`.
    """
    out = np.full((int(row_of.max(initial=-1)) + 1, values.shape[1]), np.nan)
    np.fmax.at(out, row_of, values)
    return out


def column_labels(values: Floats, columns: Sequence[str], data: DataConfig, source: str) -> ClassLabels:
    """Return labels per class, from labels per column: renamed and merged, without dropped and rare classes.

    Of columns that are merged, a class holds as much as the one that holds most, and is not known where one of them
    is not, unless another holds entirely. Classes are in the order of the columns.

    Parameters
    ----------
    values
        (n, c) as `read_label_columns` returns them.
    columns
        (c,) the class of each column, as written.

    Raises
    ------
    DataError
        If no class remains.
    """
    names = [data.rename.get(name, name) for name in columns]
    classes, values = _merged([name for name in names if name not in data.drop], values[:, _kept(names, data)])
    counts = {name: round(float(held), 1) for name, held in zip(classes, np.nansum(values, axis=0), strict=True)}
    # A second set keeps a column that nothing holds: it belongs to a class of the first set.
    rare = {name for name in classes if counts[name] < data.min_count and data.names_known}
    findings: list[Finding] = []
    if data.min_count_action == "merge" and rare - {data.merged}:
        before = {name: counts[name] for name in classes if name in rare}
        classes, values = _merged([data.merged if name in rare else name for name in classes], values)
        held = round(float(np.nansum(values[:, classes.index(data.merged)])), 1)
        counts[data.merged] = held
        findings.append(merging_finding(before, held, data, source))
        rare = {name for name in classes if counts[name] < data.min_count}
    left = [name for name in classes if name not in rare]
    if len(left) < data.least_classes:
        raise DataError(too_few_classes(left, rare, counts, data, source, "columns"))
    if rare:
        findings.append(rare_finding({name: counts[name] for name in classes if name in rare}, data, source))
    values = values[:, [name not in rare for name in classes]]
    return ClassLabels(tuple(left), values, known_labels(values), tuple(findings))


def _kept(names: Sequence[str], data: DataConfig) -> npt.NDArray[np.bool_]:
    return np.array([name not in data.drop for name in names], dtype=bool)


def _merged(names: Sequence[str], values: Floats) -> tuple[list[str], Floats]:
    """Return each name once, in order, and (n, k) the labels of its columns together."""
    classes = list(dict.fromkeys(names))
    of = np.array([classes.index(name) for name in names], dtype=np.int64)
    if not classes:
        return [], np.empty((len(values), 0))
    return classes, np.column_stack([any_of(values[:, of == c]) for c in range(len(classes))])
