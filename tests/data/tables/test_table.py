import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.base.text.cells import as_texts
from evenhand.data.roots.root import Root, open_root
from evenhand.data.tables.table import LabelTable, read_table
from evenhand.testing.archives import write_zip


@pytest.fixture
def root(tmp_path: Path) -> Root:
    (tmp_path / "root").mkdir()
    return open_root(tmp_path / "root")


def table(root: Root, raw: bytes | str, name: str = "labels.csv", encoding: str | None = None) -> LabelTable:
    path = root.path.parent / name
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return read_table(root, str(path), encoding=encoding)


def test_cells_are_text_and_rows_know_their_lines(root: Root) -> None:
    found = table(root, "path;label;\na.jpg;кот ;\nb.jpg;;x\n")
    assert list(found.frame) == ["path", "label", "column 3"]
    assert found.texts("label") == ["кот", None]
    assert found.texts("column 3") == [None, "x"]
    assert [found.place(row) for row in (0, 1)] == ["line 2", "line 3"]


def test_an_encoding_that_was_guessed_is_told(root: Root) -> None:
    found = table(root, "path,label\na.jpg,яблоко\n".encode("cp1251"))
    assert found.texts("label") == ["яблоко"]
    assert "was read as cp1251" in found.findings[0].message


def test_names_of_columns_are_unique(root: Root) -> None:
    with pytest.raises(DataError, match=r'labels\.csv: two columns are called "path"\. Rename one'):
        table(root, "path,path\na,b\n")


def test_spreadsheets_are_sent_back(root: Root) -> None:
    with pytest.raises(DataError, match=r"labels\.xlsx: is a spreadsheet\. Save it as CSV"):
        table(root, b"PK", "labels.xlsx")


def test_parquet(root: Root) -> None:
    out = io.BytesIO()
    frame = pd.DataFrame({"path": ["a.jpg", "b.jpg"], "label": [1.0, np.nan], "age": [3, 4]}, index=[7, 9])
    frame.to_parquet(out)
    found = table(root, out.getvalue(), "labels.parquet")
    assert found.texts("label") == ["1", None]
    assert found.place(1) == "row 2"
    assert found.frame["age"].tolist() == [3, 4]


def test_what_is_no_parquet(root: Root) -> None:
    with pytest.raises(DataError, match=r"labels\.parquet: is not a Parquet table"):
        table(root, b"PAR1 nothing", "labels.parquet")


def test_tables_inside_the_root(tmp_path: Path) -> None:
    root = open_root(write_zip(tmp_path / "a.zip", {"set/labels.csv": b"path,label\na.jpg,cat\n"}))
    found = read_table(root, "set/labels.csv")
    assert (found.name, found.folder) == ("set/labels.csv", "set")


def test_a_table_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    root = open_root(write_zip(tmp_path / "a.zip", {"labels.csv": b"path,label\na.jpg,cat\n", "b.jpg": b""}))
    with pytest.raises(
        DataError, match=r'no such table, neither on disk nor in .*a\.zip\. Did you mean "labels\.csv"'
    ):
        read_table(root, "label.csv")
    with pytest.raises(DataError, match=r'Tables there: "labels\.csv"'):
        read_table(root, "xyz")


def test_numbers_become_text_stably() -> None:
    assert as_texts(["1.0", "2", None, ""]) == ["1", "2", None, None]
    assert as_texts(np.array([1, 2])) == ["1", "2"]
    assert as_texts([1.5, 2.0]) == ["1.5", "2.0"]
    assert as_texts([True, pd.NA, pd.NaT, " x "]) == ["True", None, None, "x"]
    assert as_texts(["e\u0301"]) == ["é"]


@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_an_error(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    try:
        found = table(open_root(folder), raw)
    except DataError:
        return
    assert len(found) == len(found.lines) > 0


@given(
    st.lists(
        st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="\0\r")), st.text('ab,;"\n ')), min_size=1
    )
)
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    frame = pd.DataFrame([("x" + a, b) for a, b in rows], columns=["path", "label"])
    found = table(open_root(folder), frame.to_csv(index=False))
    assert [text or "" for text in found.texts("label")] == [b.strip() for _, b in rows]
