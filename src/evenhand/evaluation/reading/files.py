"""Read tables of predictions in batches: CSV, Parquet and npz, of any number of rows."""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from evenhand.base.errors import DataError
from evenhand.base.storage.files.regular_file import check_regular
from evenhand.base.storage.manifest import holds
from evenhand.base.storage.numpy_files import array_header
from evenhand.base.storage.parquet_size import ParquetSizeError, check_parquet_size
from evenhand.base.storage.record_folder import RecordFolder
from evenhand.evaluation.reading.columns import SELECT_CLASSES

Kind = Literal["csv", "parquet", "npz"]

MOST_UNPACKED = 4 << 30
"""Bytes of the compressed arrays of an npz, unpacked."""


@dataclass(frozen=True)
class TableReader:
    """A file with one row per sample.

    Attributes
    ----------
    path
        Its path.
    names
        Of its columns, in their order.
    kind
        Its format.
    separator, point
        Cell separator and decimal point of a CSV.
    """

    path: Path
    names: tuple[str, ...]
    kind: Kind
    separator: str = ","
    point: str = "."

    def where(self, row: int) -> str:
        """Return "line N" (CSV) or "row N" for a row, counted from 0."""
        return f"line {self._line(row):,}" if self.kind == "csv" else f"row {row + 1:,}"

    def _line(self, row: int) -> int:
        """Return the line on which a row begins; rereads the file, as cells may contain newlines."""
        lines = begin_lines(self.path, self.separator)
        return next(islice(lines, row + 1, None), row + 2)

    def from_row(self, first: int) -> Callable[[int], str]:
        """Return a function from the position of a row, counted from row `first`, to "FILE: line N"."""
        return lambda row: f"{self.path}: {self.where(first + row)}"

    def first_rows(self, most: int = 200) -> pd.DataFrame:
        """Return the first rows as a frame; cells of a CSV stay strings."""
        if self.kind == "parquet":
            with _parquet_errors(self.path):
                file = pyarrow.parquet.ParquetFile(self.path)
                batch = next(file.iter_batches(batch_size=most), None)
                if batch is None:
                    return pd.DataFrame(columns=list(self.names))
                # what pandas noted about its columns is JSON, which may be damaged, and is not needed
                frame: pd.DataFrame = batch.replace_schema_metadata(None).to_pandas()
                return frame
        with self.path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            rows = islice((row for row in csv.reader(_lines(file), delimiter=self.separator) if row), most + 1)
            try:
                cells = list(rows)[1:]
            except csv.Error:  # reported with its line when all rows are read
                cells = []
        width = len(self.names)
        return pd.DataFrame([row for row in cells if len(row) == width], columns=list(self.names), dtype=object)

    def pieces(self, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield batches of rows with these columns: `texts` as strings, `numbers` as floats.

        Raises
        ------
        DataError
            If a row is not as wide as the header, or a cell is not a number; the message names line and column.
        """
        yield from (_csv_pieces if self.kind == "csv" else _parquet_pieces)(self, texts, numbers)


def opened(path: str | Path) -> TableReader:
    """Return a CSV or Parquet file, opened as far as its header.

    Raises
    ------
    DataError
        If it does not exist, has another format, or has no header.
    RecordError
        If it lies in a record and does not match the checksum there.
    """
    path = Path(path)
    refuse_irregular(path)
    if holds(path.parent, path.name) is False:  # a file of a record, given by its own path
        RecordFolder(path.parent).file(path.name)
    ending = path.suffix.lower()
    if ending == ".parquet":
        with _parquet_errors(path):
            _refuse_large(path)
            return TableReader(path, tuple(pyarrow.parquet.read_schema(path).names), "parquet")
    if ending in (".csv", ".tsv", ".txt"):
        return _opened_csv(path)
    raise DataError(
        f"{path}: predictions are read from .csv, .parquet and .npz files, and from the folder of a run."
    )


def _refuse_large(path: Path) -> None:
    try:
        check_parquet_size(path, in_batches=True)
    except ParquetSizeError as error:
        raise DataError(f"{path}: is too large: {error}.") from None


@contextlib.contextmanager
def _parquet_errors(path: Path) -> Iterator[None]:
    """Convert what pyarrow raises on damaged bytes, of types that it does not document, to a `DataError`."""
    try:
        yield
    except (DataError, MemoryError):
        raise
    except Exception as error:
        raise DataError(f"{path}: is not a Parquet table, or a damaged one ({_first_line(error)}).") from None


def refuse_irregular(path: Path) -> None:
    """Raise `DataError` unless a path is a regular file that may be read."""
    try:
        check_regular(path)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file.") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from None


def _opened_csv(path: Path) -> TableReader:
    with path.open("rb") as file:
        raw = _record(file)
        second = _record(file)
    try:
        header = raw.decode("utf-8-sig").strip("\r\n")
    except UnicodeDecodeError:
        raise DataError(f"{path}: line 1 is not UTF-8. Save the file as UTF-8.") from None
    if not header.strip():
        raise DataError(f"{path}: is empty; the first line must name the columns.")
    # Quoted names may hold any separator.
    unquoted = re.sub(r'"[^"]*"', "", header)
    separator = max(",;\t", key=unquoted.count)
    if separator not in unquoted and "|" in unquoted:
        separator = "|"
    try:
        if "\r" in unquoted:
            raise pa.ArrowInvalid("a carriage return, which would be read as the end of the line")
        names = pyarrow.csv.read_csv(
            pa.BufferReader(header.encode() + b"\n"),
            parse_options=pyarrow.csv.ParseOptions(delimiter=separator, newlines_in_values=True),
        ).column_names
    except pa.ArrowInvalid:
        raise DataError(
            f"{path}: the column names cannot be separated: an unquoted name contains a carriage return (CR) or a "
            "quotation mark. Quote the names, or write Parquet."
        ) from None
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataError(f'{path}: two columns are named "{repeated[0]}". Names must be unique.')
    point = _decimal_point(second) if separator == ";" else "."
    return TableReader(path, tuple(names), "csv", separator, point)


def _decimal_point(row: bytes) -> str:
    """Return the decimal mark of a row of cells between semicolons.

    Spreadsheets of many locales write decimal commas there. A comma within a name is not one: whole cells must be
    such numbers, and none a number with a point.
    """
    cells = next(csv.reader([row.decode("utf-8", errors="replace")], delimiter=";"), [])

    def some(mark: str) -> bool:
        return any(re.fullmatch(rf"\s*[-+]?\d+{mark}\d+([eE][-+]?\d+)?\s*", cell) for cell in cells)

    return "," if some(",") and not some(r"\.") else "."


def _record(file: IO[bytes]) -> bytes:
    """Return the next non-empty line, with the following ones that belong to its quoted cells."""
    raw = next((line for line in iter(lambda: file.readline(2**24), b"") if line.strip(b"\r\n")), b"")
    # An odd number of quotation marks: the cell goes on in the next line. The limit stops at files that are no
    # text.
    while raw.count(b'"') % 2 and len(raw) < 2**24 and (more := file.readline(2**24)):
        raw += more
    return raw


def _lines(file: IO[str]) -> Iterator[str]:
    """Yield the lines of a file, one that is longer than any of a table in parts: it may fill all memory.

    The csv module then finds a cell that is too long.
    """
    return iter(lambda: file.readline(2**24), "")


def begin_lines(path: Path, separator: str) -> Iterator[int]:
    """Yield the line on which each row of a CSV begins, the header's first; empty lines are not rows."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.reader(_lines(file), delimiter=separator)
        after = 0
        with contextlib.suppress(csv.Error):
            for cells in reader:
                if cells:
                    yield after + 1
                after = reader.line_num


def _csv_pieces(source: TableReader, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[pa.RecordBatch]:
    # Types are stated, never inferred: inference looks at the first block only, and would turn the id 007 into 7.
    types = {name: pa.string() for name in texts} | {name: pa.float64() for name in numbers}
    # Without threads: only then do errors name the row.
    read = pyarrow.csv.ReadOptions(use_threads=False, block_size=2**24)
    parse = pyarrow.csv.ParseOptions(delimiter=source.separator, newlines_in_values=True)
    convert = pyarrow.csv.ConvertOptions(
        column_types=types,
        decimal_point=source.point,
        include_columns=[*texts, *numbers],
        null_values=[""],  # "NA", "null" and the like are valid names of classes and groups
        strings_can_be_null=True,
    )
    try:
        with pyarrow.csv.open_csv(source.path, read, parse, convert) as reader:
            yield from reader
    except pa.ArrowInvalid as error:
        raise DataError(f"{source.path}: {_csv_words(error, source)}") from None


def _csv_words(error: Exception, source: TableReader) -> str:
    """Return pyarrow's error as a message with line and column."""
    text = _first_line(error)
    line = re.search(r"Row #(\d+)", text)
    where = source.where(int(line[1]) - 2) if line else "a line"
    if found := re.search(r"Expected (\d+) columns, got (\d+)", text):
        return f"{where} has {found[2]} cells, but the first line names {found[1]} columns. Correct the line."
    column = re.search(r"In CSV column #(\d+)", text)
    name = f', column "{source.names[int(column[1])]}"' if column else ""
    if value := re.search(r"invalid value '(.*)'", text):
        wrong = f'"{value[1]}" is not a number. Correct the cell; if the column is not a class, {SELECT_CLASSES}'
        return f"{where}{name}: {wrong}"
    if "UTF8" in text or "UTF-8" in text:
        return f"{where}{name} is not UTF-8. Save the file as UTF-8."
    if "Empty CSV" in text:
        return "has no rows."
    return f"{where}{name}: {text}"


def _parquet_pieces(source: TableReader, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[pa.RecordBatch]:
    with _parquet_errors(source.path):
        file = pyarrow.parquet.ParquetFile(source.path)
        kinds = {name: file.schema_arrow.field(name).type for name in numbers}
    for name, kind in kinds.items():
        if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind)):
            raise DataError(
                f'{source.path}: column "{name}" has the type {kind}, not numbers; if it is not a class, '
                f"{SELECT_CLASSES}"
            )
    width = max(1, len(numbers)) * 8
    with _parquet_errors(source.path):
        for batch in file.iter_batches(batch_size=max(1024, 2**24 // width), columns=[*texts, *numbers]):
            batch.validate(full=True)  # of damaged bytes, some are no text
            yield batch


def npz_arrays(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """Return the arrays of an npz file; large uncompressed numeric ones are memory-mapped.

    Raises
    ------
    DataError
        If it is not an npz file, or an array could run code when it is opened.
    """
    out = {}
    try:
        with np.load(path, allow_pickle=False) as file, ZipFile(path) as archive:
            _refuse_bomb(path, archive)
            for name in file.files:
                mapped = _mapped(path, archive, f"{name}.npy")
                out[name] = file[name] if mapped is None else mapped
    except DataError:
        raise
    except MemoryError:
        raise DataError(f"{path}: is damaged, or holds more than there is memory for.") from None
    except Exception as error:  # on damaged bytes zipfile, zlib and numpy raise errors of a dozen types
        if isinstance(error, ValueError) and "pickle" in str(error):
            raise DataError(
                f"{path}: an array contains Python objects, which are not loaded. Save strings as "
                "np.array(names, dtype=str)."
            ) from None
        raise DataError(f"{path}: is not an npz file, or a damaged one ({_first_line(error)}).") from None
    return out


def _refuse_bomb(path: Path, archive: ZipFile) -> None:
    """Raise `DataError` where compressed arrays would take more memory than a file that is read whole may have."""
    claimed = sum(about.file_size for about in archive.infolist() if about.compress_type)
    if claimed > MOST_UNPACKED:
        raise DataError(
            f"{path}: its arrays take {claimed:,} bytes unpacked, and at most {MOST_UNPACKED:,} are unpacked. Save "
            "them uncompressed (np.savez): such arrays are mapped, not read."
        )


def _mapped(path: Path, archive: ZipFile, member: str) -> np.ndarray[Any, Any] | None:
    """Return a member of an npz as a memory map, or None if it is small, compressed or not numeric."""
    about = archive.getinfo(member)
    if about.compress_type or about.file_size < 2**24:
        return None
    with path.open("rb") as file:
        # A zip member's data follow its local header: 30 bytes, whose last four are the lengths of the name and of
        # an extra field. numpy itself cannot map members of an archive.
        file.seek(about.header_offset + 26)
        name, extra = np.frombuffer(file.read(4), dtype="<u2")
        file.seek(about.header_offset + 30 + int(name) + int(extra))
        shape, fortran, dtype = array_header(file)
        if fortran or dtype.kind not in "fiu":
            return None
        return np.memmap(path, dtype, "r", file.tell(), shape)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].strip()
