"""Corrections applied to rows as they are read: labels replaced, rows left out, ids kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from evenhand.base.errors import DataError
from evenhand.base.values import Finding, Floats, Mask
from evenhand.base.values.types import TRUTH_THRESHOLD
from evenhand.data.config import DataConfig
from evenhand.data.roots.file_names import some
from evenhand.data.tables.corrections_file import Correction, Corrections, Names, read_corrections
from evenhand.data.tables.labels.label_encoding import Row


@dataclass(frozen=True, eq=False)
class CorrectedLabels:
    """The labels of n rows after corrections.

    Attributes
    ----------
    classes
        (n,) the classes of each row, or empty where labels are in columns.
    values
        (n, c) labels in columns, or None.
    keep
        (n,) bool, rows that are not trashed.
    relabelled
        (n,) bool, rows whose label was replaced.
    findings
        What was done, and which corrections no longer fit.
    """

    classes: Sequence[Row]
    values: Floats | None
    keep: Mask
    relabelled: Mask
    findings: tuple[Finding, ...] = ()


def corrected(
    ids: Sequence[str],
    classes: Sequence[Row],
    data: DataConfig,
    *,
    values: Floats | None = None,
    columns: Sequence[str] = (),
) -> CorrectedLabels:
    """Return the labels of rows with `data.corrections` applied; without a table of them, the labels as they are.

    A correction is left alone, and named in a finding, where its id is not among the rows, or where the row has
    other classes than the column `from` says. One that the data hold already is neither. Ids do not change, so that
    folds in a file still fit.

    Parameters
    ----------
    ids
        (n,) the ids of the rows.
    classes
        (n,) their classes, after `data.rename`.
    values, columns
        (n, c) labels in columns (NaN where unknown) and the (c,) classes of the columns as written, where they take
        the place of `classes`. Of a relabelled row, only classes that it loses or gains change: what is not known
        of the others stays so.

    Raises
    ------
    DataError
        If the table cannot be read, leaves no row, or relabels rows whose labels are degrees.
    """
    every, none = np.ones(len(ids), dtype=bool), np.zeros(len(ids), dtype=bool)
    if data.corrections is None:
        return CorrectedLabels(classes, values, every, none)
    table = read_corrections(data.corrections, separator=data.separator if data.several else None)
    labels = _Cells(classes, data) if values is None else _Columns(values, columns, data)
    place = {name: row for row, name in enumerate(ids)}
    tally = _Tally()
    keep, relabelled = every, none
    for one in table.rows:
        if one.action not in ("relabel", "trash"):
            continue
        row = place.get(one.id)
        if row is None:
            tally.unknown.append(one)
        elif one.after is not None and labels.holds(row, one.after):
            tally.already.append(one)
        elif one.before is not None and not labels.holds(row, one.before):
            tally.changed.append((one, labels.text(row)))
        elif one.after is None:
            keep[row] = False
            tally.trashed.append(one)
        else:
            labels.put(row, one.after, table.name, one.line)
            relabelled[row] = True
            tally.relabelled.append(one)
    if not keep.any():
        raise DataError(
            f"{table.name}: trashes all of the {len(ids):,} rows. Correct it, or remove data.corrections."
        )
    return CorrectedLabels(labels.classes, labels.values, keep, relabelled, tuple(_findings(table, tally)))


def of_levels(classes: Sequence[Row], relabelled: Mask) -> list[Row]:
    """Return (n,) the classes from which coarser ones are read: those of a relabelled row are not its cells' own.

    Only a class of which every row was relabelled has nothing else to go by.
    """
    known = {name for row, moved in zip(classes, relabelled, strict=True) if not moved for name in row}
    return [() if moved and known.issuperset(row) else row for row, moved in zip(classes, relabelled, strict=True)]


def trashed_ids(data: DataConfig) -> frozenset[str]:
    """Return the ids that `data.corrections` leaves out; a file of folds may still name them."""
    if data.corrections is None:
        return frozenset()
    return read_corrections(data.corrections, separator=data.separator if data.several else None).trashed


class _Tally:
    """The corrections by what became of them."""

    def __init__(self) -> None:
        self.relabelled: list[Correction] = []
        self.trashed: list[Correction] = []
        self.already: list[Correction] = []
        self.unknown: list[Correction] = []
        self.changed: list[tuple[Correction, str]] = []


class _Cells:
    """Labels that rows name: a class each, or several."""

    values: Floats | None = None

    def __init__(self, classes: Sequence[Row], data: DataConfig) -> None:
        counts = Counter(name for row in classes for name in row)
        self.classes = list(classes)
        self._names = _Names(counts, data)
        # What a reviewer sees: rare classes are merged or gone, and so are dropped ones.
        merges = data.min_count_action == "merge"
        rare = set() if data.classes else {name for name, n in counts.items() if n < data.min_count}
        self._shown = dict.fromkeys(rare, (data.merged,) if merges else ()) | dict.fromkeys(data.drop, ())

    def holds(self, row: int, names: Names) -> bool:
        wanted, found = set(self._names.known(names)), self.classes[row]
        return wanted in (set(found), {name for one in found for name in self._shown.get(one, (one,))})

    def text(self, row: int) -> str:
        return ", ".join(self.classes[row])

    def put(self, row: int, names: Names, table: str, line: int) -> None:
        self.classes[row] = self._names.known(names)


class _Columns:
    """Labels in a column for each class."""

    classes: Sequence[Row]

    def __init__(self, values: Floats, columns: Sequence[str], data: DataConfig) -> None:
        self.values = values.copy()
        self.classes = [()] * len(values)
        self._data = data
        self._columns = [data.rename.get(name, name) for name in columns]
        self._names = _Names(dict.fromkeys(self._columns, 1), data)

    def holds(self, row: int, names: Names) -> bool:
        return set(self._names.known(names)) == self._held(row)

    def text(self, row: int) -> str:
        return ", ".join(sorted(self._held(row))) or "of no class"

    def put(self, row: int, names: Names, table: str, line: int) -> None:
        if self._data.task == "soft":
            raise DataError(
                f'{table}: line {line:,} relabels a row, and labels of these data are degrees (task = "soft"), '
                "which classes do not name. Correct the degrees in the table, or trash the row."
            )
        wanted = self._names.known(names)
        strange = [name for name in wanted if name not in self._columns]
        if strange:
            raise DataError(
                f"{table}: line {line:,} names the class {some(strange)}, which has no column; classes "
                f"are {some(dict.fromkeys(self._columns), most=8)}."
            )
        held = self._held(row)
        for column, name in enumerate(self._columns):
            if (name in held) != (name in wanted) and name not in self._data.drop:
                # of columns that rename makes one, the class holds if the first of them does
                self.values[row, column] = float(name in wanted and self._columns.index(name) == column)

    def _held(self, row: int) -> set[str]:
        held = np.flatnonzero(self.values[row] >= TRUTH_THRESHOLD)
        return {self._columns[column] for column in held} - set(self._data.drop)


class _Names:
    """Names of classes as corrections write them: after `data.rename`, or before where that is meant."""

    def __init__(self, known: dict[str, int] | Counter[str], data: DataConfig) -> None:
        self._known, self._rename = known, data.rename

    def known(self, names: Names) -> Names:
        return tuple(dict.fromkeys(name if name in self._known else self._rename.get(name, name) for name in names))


def _findings(table: Corrections, tally: _Tally) -> Iterator[Finding]:
    """Yield what was done, and which corrections were left alone."""
    counts = {
        "relabelled": len(tally.relabelled),
        "trashed": len(tally.trashed),
        "already": len(tally.already),
        "changed": len(tally.changed),
        "unknown": len(tally.unknown),
        "kept": sum(one.action == "keep" for one in table.rows),
        "unsure": sum(one.action == "unsure" for one in table.rows),
    }
    done = f"{table.name}: {_rows(counts['relabelled'])} relabelled and {_rows(counts['trashed'])} left out"
    already = f"; {_rows(counts['already'])} corrected in the data already" if tally.already else ""
    ids = tuple(one.id for one in (*tally.relabelled, *tally.trashed))
    yield Finding("EH109", "note", f"{done}{already}.", about=table.name, evidence=counts, ids=ids)
    reasons = []
    if tally.changed:
        first, found = tally.changed[0]
        one = len(tally.changed) == 1
        reasons.append(
            f'{len(tally.changed):,} {"row has" if one else "rows have"} another label than "from" (first: line '
            f'{first.line:,}, "{first.id}", which is {found})'
        )
    if tally.unknown:
        ids = tuple(one.id for one in tally.unknown)
        reasons.append(f"{len(ids):,} {'id is' if len(ids) == 1 else 'ids are'} not among the rows ({some(ids)})")
    if reasons:
        left = len(tally.changed) + len(tally.unknown)
        n = sum(one.action in ("relabel", "trash") for one in table.rows)
        message = (
            f"{table.name}: {left:,} of {n:,} corrections no longer {'fits' if left == 1 else 'fit'} and "
            f"{'was' if left == 1 else 'were'} left alone: {'; '.join(reasons)}. Look at these rows again, or "
            "remove their lines."
        )
        evidence = {
            **counts,
            "changed_ids": [one.id for one, _ in tally.changed][:100],
            "unknown_ids": [one.id for one in tally.unknown][:100],
        }
        yield Finding(
            "EH109",
            "warning",
            message,
            about=table.name,
            evidence=evidence,
            ids=tuple(one.id for one, _ in tally.changed),
        )


def _rows(n: int) -> str:
    return f"{n:,} row was" if n == 1 else f"{n:,} rows were"
