"""Small Parquet files may hold large tables: they are refused before they are read."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evenhand.base.errors import DataError
from evenhand.base.storage import parquet_size
from evenhand.base.storage.files.atomic import read_frame
from evenhand.base.storage.parquet_size import ParquetSizeError, check_parquet_size
from evenhand.evaluation.reading.files import opened


def repeated(path: Path, text: str, rows: int, **how: object) -> Path:
    """Write a table of one text in all rows, stored once."""
    column = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([text]))
    pq.write_table(pa.table({"id": [str(row) for row in range(rows)], "extra": column}), path, **how)
    return path


@pytest.mark.parametrize("store_schema", [True, False])
@pytest.mark.parametrize("group", [7, 1000])
def test_a_text_of_all_rows_counts_in_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store_schema: bool, group: int
) -> None:
    path = repeated(tmp_path / "a.parquet", "x" * 10_000, 50, store_schema=store_schema, row_group_size=group)
    assert path.stat().st_size < 10_000 * 50
    monkeypatch.setattr(parquet_size, "MOST_TEXT", 490_000)
    with pytest.raises(ValueError, match="bytes of text, and at most 490,000 are read"):
        read_frame(path)
    with pytest.raises(DataError, match="is too large: it has at least"):
        opened(path)
    monkeypatch.setattr(parquet_size, "MOST_TEXT", 510_000)
    assert len(read_frame(path)) == 50
    assert opened(path).names == ("id", "extra")


def test_texts_that_differ_are_counted_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # one long text beside many short ones: were it that of every row, the table would be refused
    texts = ["x" * 50_000, *(str(row) for row in range(99))]
    pq.write_table(pa.table({"a": texts}), tmp_path / "a.parquet")
    monkeypatch.setattr(parquet_size, "MOST_TEXT", 100_000)
    check_parquet_size(tmp_path / "a.parquet")


def test_values_of_lists_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(pa.table({"a": [[1] * 1000]}), tmp_path / "a.parquet")
    monkeypatch.setattr(parquet_size, "MOST_CELLS", 999)
    with pytest.raises(ParquetSizeError, match="it has 1,000 cells"):
        check_parquet_size(tmp_path / "a.parquet")
    check_parquet_size(tmp_path / "a.parquet", in_batches=True)
