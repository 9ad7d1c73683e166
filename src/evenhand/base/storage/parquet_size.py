"""How much memory a Parquet table takes once it is read: its file may be a thousand times smaller.

Equal values take no space in a file however many there are, and a text that is repeated is stored once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

MOST_CELLS = 500_000_000
"""Values of a table that is read whole; as numbers 4 GB."""
MOST_TEXT = 1 << 30
"""Bytes of its texts."""


class ParquetSizeError(ValueError):
    """A table is larger than what is read; the text completes "FILE: …"."""


def check_parquet_size(path: Path, *, in_batches: bool = False) -> None:
    """Refuse a table that would take more memory than one may.

    Parameters
    ----------
    in_batches
        Whether its numbers are read in batches, however many there are.

    Raises
    ------
    ParquetSizeError
        If it has more values or text than is read.
    pyarrow.ArrowException, OSError
        If it cannot be read.
    """
    import pyarrow.parquet as pq

    about = pq.read_metadata(path)
    parts = [about.row_group(group) for group in range(about.num_row_groups)]
    columns = [part.column(at) for part in parts for at in range(part.num_columns)]
    # both: rows of no column are none of the values, and a list is one cell of many values
    cells = max(about.num_rows * about.num_columns, sum(column.num_values for column in columns))
    if cells > MOST_CELLS and not in_batches:
        raise ParquetSizeError(f"it has {cells:,} cells, and at most {MOST_CELLS:,} are read")
    texts = [column for column in columns if column.physical_type == "BYTE_ARRAY"]
    stored = sum(column.total_uncompressed_size for column in texts)
    if (
        stored <= MOST_TEXT
        and sum(column.num_values * column.total_uncompressed_size for column in texts) <= MOST_TEXT
    ):
        return  # even if the longest text were that of every row
    size = stored if stored > MOST_TEXT else _text_bytes(path)
    if size > MOST_TEXT:
        raise ParquetSizeError(f"it has at least {size:,} bytes of text, and at most {MOST_TEXT:,} are read")


def _text_bytes(path: Path) -> int:
    """Return the bytes of all texts, or of more than are read; each different text is read once per batch."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        names = [field.name for field in file.schema_arrow if _is_text(field.type)]
    total = 0
    with pq.ParquetFile(path, read_dictionary=names) as file:
        for batch in file.iter_batches(columns=names):
            total += sum(_length(column) for column in batch.columns if pa.types.is_dictionary(column.type))
            if total > MOST_TEXT:
                break
    return total


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):  # tables of pandas may be of it; their texts are taken out later
        kind = kind.value_type
    is_one = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(one(kind) for one in is_one)


def _length(column: Any) -> int:
    import pyarrow.compute as pc

    lengths = pc.binary_length(column.dictionary)
    return int(pc.sum(pc.cast(lengths.take(column.indices), "int64")).as_py() or 0)
