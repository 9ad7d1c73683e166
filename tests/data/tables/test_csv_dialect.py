import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.data.tables import csv_dialect
from evenhand.data.tables.csv_dialect import csv_cells, csv_rows, decode_csv


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_dialects(delimiter: str, end: str) -> None:
    rows = (["path", "label"], ["a.jpg", "кот"], ["b.jpg", '"cat, big; or\tso"'])
    header, cells, lines = csv_cells(end.join(delimiter.join(row) for row in rows))
    assert header == ["path", "label"]
    assert cells == [["a.jpg", "кот"], ["b.jpg", "cat, big; or\tso"]]
    assert lines == [2, 3]


def test_excel_says_its_separator() -> None:
    assert csv_cells("sep=|\npath|label\na.jpg|cat\n") == (["path", "label"], [["a.jpg", "cat"]], [3])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marked_encodings(encoding: str) -> None:
    assert decode_csv("a,苹果".encode(encoding), "t.csv", None) == ("a,苹果", ())


@pytest.mark.parametrize(
    ("encoding", "word"), [("cp1251", "яблоко красное"), ("gbk", "苹果"), ("cp1252", "crème brûlée")]
)
def test_legacy_encodings_are_guessed_and_told(encoding: str, word: str) -> None:
    text = f"path,label\na.jpg,cat\nb.jpg,{word}\n"
    found, findings = decode_csv(text.encode(encoding), "t.csv", None)
    assert found == text
    assert f"is not UTF-8 (first on line 3) and was read as {encoding}" in findings[0].message


def test_an_encoding_can_be_told() -> None:
    raw = "path,label\na.jpg,Ёлка\n".encode("cp1251")
    assert "Ёлка" in decode_csv(raw, "t.csv", "cp1251")[0]
    with pytest.raises(DataError, match=r"^line 2 is not ascii\. Save it as UTF-8"):
        decode_csv(raw, "t.csv", "ascii")


def test_lines_are_counted_through_line_breaks_in_cells_and_empty_lines() -> None:
    assert csv_cells('path,label\n"a\nb.jpg",cat\n\n,\nc.jpg,dog\n')[2] == [2, 6]


def test_rows_of_another_width() -> None:
    message = r"1 of 2 rows do not have the 2 cells of the header \(first: line 3 has 3\)"
    with pytest.raises(DataError, match=message):
        csv_cells("path,label\na.jpg,cat\nb.jpg,cat,big\n")
    assert csv_cells("path,label\na.jpg,cat,,\n")[1] == [["a.jpg", "cat"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no rows"),
        ("path,label\n", "has no rows"),
        ('path,label\na,"b\n', r"line 2 is not CSV \(.*Close or double its quotation marks"),
    ],
)
def test_what_is_no_csv(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        csv_cells(text)


@given(st.text(st.sampled_from('a,;"\t\r\n\0 '), max_size=30))
def test_any_text_is_a_table_or_an_error(text: str) -> None:
    try:
        header, rows, lines = csv_cells(text)
    except DataError:
        return
    assert {len(row) for row in rows} == {len(header)}
    assert len(lines) == len(rows)
    assert lines == sorted(set(lines))


def test_rows_come_one_by_one() -> None:
    rows = csv_rows("a,b\n1,2\n\n" + '3,"4\n')
    assert [next(rows), next(rows)] == [(1, ["a", "b"]), (2, ["1", "2"])]
    with pytest.raises(DataError, match="is not CSV"):
        next(rows)


def test_vertical_bars_separate_cells_where_nothing_else_does():
    assert csv_cells("path|label\na.jpg|x\n")[:2] == (["path", "label"], [["a.jpg", "x"]])
    assert csv_cells("path,a|b|c\na.jpg,x|y\n")[0] == ["path", "a|b|c"]


def test_a_cell_longer_than_the_limit_of_python_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    before = csv.field_size_limit()
    _, ((name, cell),), _ = csv_cells(f"path,title\na,{'b' * 131_073}\n")
    assert (name, len(cell)) == ("a", 131_073)
    monkeypatch.setattr(csv_dialect, "LONGEST_CELL", 1000)
    with pytest.raises(DataError, match="line 3 has a cell of more than 1,000 characters"):
        csv_cells(f"path,title\na,b\nc,{'b' * 1001}\n")
    assert csv.field_size_limit() == before
