"""What a table says of whole records: patients, splits; each row is joined with the record that it names."""

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
    """What is known of r records.

    Attributes
    ----------
    names
        (r,) the records that stay.
    columns
        Column -> (r,) its values.
    skipped
        Records that were left out, with reasons.
    findings
        What was odd about the table.
    """

    names: tuple[str, ...]
    columns: dict[str, npt.NDArray[Any]]
    skipped: tuple[Skipped, ...] = ()
    findings: tuple[Finding, ...] = ()


def about_records(root: Root, data: DataConfig, names: Sequence[str]) -> RecordTable:
    """Return the records that the table names and `data.only` keeps, with the table's columns.

    Raises
    ------
    DataError
        With what is wrong with the table: no column that names records, records named twice or not there.
    """
    if data.table is None:
        if data.only:
            raise DataError("data.only needs columns of a table; give data.table, or use beats.leave_out.")
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
    """Return the row of each record; records that are not there stand under the name that the table gives."""
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
                f'{table.name}: the record "{name}" is named on {table.place(rows[name])} and again on '
                f"{table.place(row)}. A record has one row."
            )
        rows[name] = row
    return rows


def _absent(table: LabelTable, rows: dict[str, int], names: Sequence[str], data: DataConfig) -> list[Finding]:
    known = set(names)
    absent = [name for name in rows if name not in known]
    if not absent:
        return []
    says = f"{table.name}: {len(absent):,} of {len(rows):,} rows name a record that is not there ({some(absent)})."
    if data.missing == "error":
        raise DataError(f'{says} Correct the names, or set data.missing = "drop".')
    evidence = {"rows": len(absent), "of": len(rows), "records": absent[:100]}
    return [Finding("EH101", "warning", f"{says} They were left out.", about=table.name, evidence=evidence)]


def repeated(columns: dict[str, npt.NDArray[Any]], counts: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[Any]]:
    """Return the columns with each record's value at each of its beats."""
    return {name: np.repeat(values, counts) for name, values in columns.items()}
