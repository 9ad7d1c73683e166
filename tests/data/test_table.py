import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.data.root import Root, open_root
from evenhand.data.table import Table, as_texts, read_table
from evenhand.testing.archives import write_zip


@pytest.fixture
def root(tmp_path: Path) -> Root:
    (tmp_path / "root").mkdir()
    return open_root(tmp_path / "root")


def table(root: Root, raw: bytes | str, name: str = "labels.csv", encoding: str | None = None) -> Table:
    path = root.path.parent / name
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return read_table(root, str(path), encoding=encoding)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_dialects(root: Root, delimiter: str, end: str) -> None:
    text = end.join(delimiter.join(row) for row in (["path", "label"], ["a.jpg", "кот"], ["b.jpg", "cat, big"]))
    if delimiter == ",":
        text = text.replace("cat, big", '"cat, big"')
    found = table(root, text)
    assert found.frame.to_dict("list") == {"path": ["a.jpg", "b.jpg"], "label": ["кот", "cat, big"]}


def test_excel_says_its_separator(root: Root) -> None:
    found = table(root, "sep=;\npath;label\na.jpg;cat\n")
    assert list(found.frame) == ["path", "label"]
    assert found.place(0) == "line 3"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_marked_encodings(root: Root, encoding: str) -> None:
    assert table(root, "path,label\na.jpg,苹果\n".encode(encoding)).texts("label") == ["苹果"]


@pytest.mark.parametrize(
    ("encoding", "word"), [("cp1251", "яблоко красное"), ("gbk", "苹果"), ("cp1252", "crème brûlée")]
)
def test_legacy_encodings_are_guessed_and_told(root: Root, encoding: str, word: str) -> None:
    found = table(root, f"path,label\na.jpg,cat\nb.jpg,{word}\n".encode(encoding))
    assert found.texts("label") == ["cat", word]
    assert f"is not UTF-8 (first on line 3) and was read as {encoding}" in found.findings[0].says


def test_an_encoding_can_be_told(root: Root) -> None:
    raw = "path,label\na.jpg,Ёлка\n".encode("cp1251")
    assert table(root, raw, encoding="cp1251").texts("label") == ["Ёлка"]
    with pytest.raises(DataError, match=r"labels\.csv: line 2 is not ascii\. Save it as UTF-8"):
        table(root, raw, encoding="ascii")


def test_lines_are_counted_through_line_breaks_in_cells_and_empty_lines(root: Root) -> None:
    found = table(root, 'path,label\n"a\nb.jpg",cat\n\n,\nc.jpg,dog\n')
    assert found.lines.tolist() == [2, 6]


def test_rows_of_another_width(root: Root) -> None:
    with pytest.raises(
        DataError, match=r"1 of 2 rows do not have the 2 cells of the header \(first: line 3 has 3\)"
    ):
        table(root, "path,label\na.jpg,cat\nb.jpg,cat,big\n")
    assert len(table(root, "path,label\na.jpg,cat,,\n")) == 1


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("", "has no rows"),
        ("path,label\n", "has no rows"),
        ("path,path\na,b\n", r'two columns are called "path"'),
        ('path,label\na,"b\n', r"line 2 is not CSV \(.*Close or double its quotation marks"),
    ],
)
def test_what_is_no_table(root: Root, raw: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        table(root, raw)


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
