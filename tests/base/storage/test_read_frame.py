"""Parquet tables are bounded before they are unpacked, and whatever Arrow raises is a sentence."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evenhand.base.storage import parquet_size
from evenhand.base.storage.files.atomic import read_frame


def test_a_table_of_too_many_cells_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pd.DataFrame({"a": [1] * 300, "b": [2] * 300}).to_parquet(tmp_path / "a.parquet", index=False)
    assert len(read_frame(tmp_path / "a.parquet")) == 300
    monkeypatch.setattr(parquet_size, "MOST_CELLS", 599)
    monkeypatch.setattr(pd, "read_parquet", lambda path: pytest.fail("read"))
    with pytest.raises(ValueError, match="it has 600 cells, and at most 599 are read"):
        read_frame(tmp_path / "a.parquet")


@pytest.mark.parametrize("about", [b"{", b'{"columns": 3}', b'{"index_columns": [[]], "columns": []}', b"\xff"])
def test_what_pandas_noted_of_a_table_may_be_anything(tmp_path: Path, about: bytes) -> None:
    pq.write_table(pa.table({"a": [1]}).replace_schema_metadata({"pandas": about}), tmp_path / "a.parquet")
    with contextlib.suppress(OSError, ValueError):
        assert len(read_frame(tmp_path / "a.parquet")) == 1


def test_a_file_that_is_none_is_an_error_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises((OSError, ValueError)):
        read_frame(tmp_path / "a.parquet")
    with pytest.raises(FileNotFoundError):
        read_frame(tmp_path / "none.parquet")
