"""A table of records (patients, splits), joined with the records that its rows name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import DataError, unknown
from evenhand.base.values import Finding
from evenhand.data.config import DataConfig
from evenhand.data.roots.file_names import some
from evenhand.data.roots.root import Root
from evenhand.data.roots.skipped import Skipped
from evenhand.data.tables.row_filter import only_rows
from evenhand.data.tables.table import LabelTable, read_table

KEY = "record"
"""Column that names the record, unless `data.path` names one that is there."""


@dataclass(frozen=True, eq=False)
class RecordTable:
    """The columns of a table for r records.

    Attributes
    ----------
    names
        (r,) the selected records.
    columns
        Column -> (r,) its values.
    skipped
        Records that were left out, with reasons.
    findings
        About the table.
    """

    names: tuple[str, ...]
    columns: dict[str, npt.NDArray[Any]]
    skipped: tuple[Skipped, ...] = ()
    findings: tuple[Finding, ...] = ()


def about_records(root: Root, data: DataConfig, names: Sequence[str]) -> RecordTable:
    """Return the records in the table that `data.only` selects, with the table's columns.

    Raises
    ------
    DataError
        If the table has no column of records, or names records twice or ones that do not exist.
    """
    if data.table is None:
        if data.only:
            raise DataError("data.only needs the columns of a table; set data.table, or use beats.leave_out.")
        return RecordTable(tuple(names), {})
    table = read_table(root, data.table, encoding=data.table_encoding)
    rows = _rows(table, data, names)
    wanted = only_rows(table, data.only)
    keep = [name for name in names if name in rows and wanted[rows[name]]]
    strangers = [Skipped(name, f"is not named in {table.name}") for name in names if name not in rows]
    at = [rows[name] for name in keep]
    columns = {str(column): table.frame[column].to_numpy()[at] for column in table.frame.columns}
    return RecordTable(
        tuple(keep), columns, tuple(strangers), (*table.findings, *_absent(table, rows, names, data))
    )


def _rows(table: LabelTable, data: DataConfig, names: Sequence[str]) -> dict[str, int]:
    """Return record -> row; records that do not exist are under their name in the table."""
    key = data.path if data.path in table.frame else KEY
    if key not in table.frame:
        raise DataError(
            f"{table.name}: {unknown('column', key, list(table.frame.columns))} It must name the record of "
            "each row (data.path)."
        )
    by_stem = {name.rpartition("/")[2]: name for name in names}
    rows: dict[str, int] = {}
    for row, cell in enumerate(table.texts(key)):
        plain = (cell or "").replace("\\", "/").removesuffix(".hea").removesuffix(".dat")
        name = plain if plain in names else by_stem.get(plain, plain)
        if name in rows:
            raise DataError(
                f'{table.name}: the record "{name}" is on {table.place(rows[name])} and again on '
                f"{table.place(row)}. A record must have one row."
            )
        rows[name] = row
    return rows


def _absent(table: LabelTable, rows: dict[str, int], names: Sequence[str], data: DataConfig) -> list[Finding]:
    known = set(names)
    absent = [name for name in rows if name not in known]
    if not absent:
        return []
    message = (
        f"{table.name}: {len(absent):,} of {len(rows):,} rows name a record that does not exist ({some(absent)})."
    )
    if data.missing == "error":
        raise DataError(f'{message} Correct the names, or set data.missing = "drop".')
    evidence = {"rows": len(absent), "of": len(rows), "records": absent[:100]}
    return [Finding("EH101", "warning", f"{message} They were left out.", about=table.name, evidence=evidence)]


def repeated(columns: dict[str, npt.NDArray[Any]], counts: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[Any]]:
    """Return the columns with each record's value repeated for its beats."""
    return {name: np.repeat(values, counts) for name, values in columns.items()}
