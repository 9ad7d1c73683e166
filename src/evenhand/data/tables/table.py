"""A table of labels: CSV of any dialect, or Parquet; rows with line numbers."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet

from evenhand.base.errors import DataError, did_you_mean
from evenhand.base.storage.files.regular_file import read_regular
from evenhand.base.text.cells import Text, as_texts, cell_text
from evenhand.base.values import Finding
from evenhand.data.roots.file_names import some, suffix
from evenhand.data.roots.root import Root
from evenhand.data.tables.csv_dialect import MOST_BYTES, csv_cells, decode_csv


@dataclass(frozen=True, eq=False)
class LabelTable:
    """Rows as written.

    Attributes
    ----------
    name
        Name of the table in messages.
    frame
        n rows; the cells of a CSV are str, empty ones missing.
    lines
        (n,) int64, the line of each row of a CSV, the row number (from 1) of anything else.
    unit
        "line" or "row".
    folder
        Posix folder of the table below the root ("" for the root itself), or None.
    findings
        About its encoding.
    """

    name: str
    frame: pd.DataFrame
    lines: npt.NDArray[np.int64]
    unit: str = "row"
    folder: str | None = None
    findings: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        return len(self.frame)

    def place(self, row: int) -> str:
        """Return the place of a row, for a sentence: "line 88"."""
        return f"{self.unit} {self.lines[row]:,}"

    def texts(self, column: str) -> list[Text]:
        """Return a column as text; whole numbers have no decimals, empty cells are None."""
        return as_texts(self.frame[column].tolist())

    def take(self, keep: npt.NDArray[np.bool_]) -> LabelTable:
        """Return the rows at which `keep` (n,) is true."""
        frame = self.frame[keep].reset_index(drop=True)
        return LabelTable(self.name, frame, self.lines[keep], self.unit, self.folder, self.findings)


def read_table(root: Root, table: str, *, encoding: str | None = None) -> LabelTable:
    """Return the table at `table`: a name below the root (also inside a zip), or a path on disk.

    Raises
    ------
    DataError
        If it does not exist, cannot be read, or is not a table.
    """
    raw, name, folder = _find(root, table)
    try:
        return _reader(name)(raw, name, folder, encoding)
    except DataError as error:
        raise DataError(f"{name}: {error}") from None


def _find(root: Root, table: str) -> tuple[bytes, str, str | None]:
    """Return the bytes of a table, its name, and its folder below the root."""
    path = Path(table)
    name = table.replace("\\", "/").removeprefix("./")
    if name in root.names():
        return root.read(name), name, name.rpartition("/")[0]
    if path.exists() and not path.is_dir():
        return _read(path), path.name, _folder_below(root, path)
    tables = [item for item in root.names() if suffix(item) in (".csv", ".tsv", ".parquet")]
    hint = did_you_mean(name, tables) or (f" Tables there: {some(tables)}." if tables else "")
    below = f"{name.rstrip('/')}/"
    if path.is_dir() or any(item.startswith(below) for item in root.names()):
        raise DataError(f"{table}: is a folder, where the file of a table is to be named.{hint}")
    raise DataError(f"{table}: there is no such table, neither on disk nor in {root.path}.{hint}")


def _read(path: Path) -> bytes:
    try:
        return read_regular(path, most=MOST_BYTES)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from None


def _folder_below(root: Root, table: Path) -> str | None:
    try:
        below = table.resolve().parent.relative_to(root.path.resolve())
    except ValueError:
        return None
    return "" if below == Path() else below.as_posix()


def _reader(name: str) -> Callable[[bytes, str, str | None, str | None], LabelTable]:
    if suffix(name) in (".parquet", ".pq"):
        return _parquet
    if suffix(name) in (".xlsx", ".xls", ".ods"):
        raise DataError("is a spreadsheet. Save it as CSV (UTF-8), or as Parquet.")
    return _csv


def _parquet(raw: bytes, name: str, folder: str | None, encoding: str | None) -> LabelTable:
    try:
        # Nullable integers as objects: as floats, large ids would lose digits.
        frame = pyarrow.parquet.read_table(io.BytesIO(raw)).to_pandas(integer_object_nulls=True)
    except Exception as error:  # on damaged bytes pyarrow raises types it does not document
        raise DataError(f"is not a Parquet table ({str(error).splitlines()[0]}).") from None
    frame.columns = [str(column) for column in frame.columns]
    return LabelTable(name, frame.reset_index(drop=True), np.arange(1, len(frame) + 1), "row", folder)


def _csv(raw: bytes, name: str, folder: str | None, encoding: str | None) -> LabelTable:
    text, findings = decode_csv(raw, name, encoding)
    header, rows, lines = csv_cells(text)
    columns = [title.strip() or f"column {at}" for at, title in enumerate(header, start=1)]
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise DataError(f"two columns are called {some(twice)}. Rename one of them.")
    texts = ([cell_text(row[at]) for row in rows] for at in range(len(columns)))
    frame = pd.DataFrame(
        {column: np.array(cells, dtype=object) for column, cells in zip(columns, texts, strict=True)}
    )
    return LabelTable(name, frame, np.array(lines, dtype=np.int64), "line", folder, findings)
