from pathlib import Path
from typing import Any

import pytest

from evenhand.base.errors import DataError
from evenhand.base.values import Finding
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import open_root
from evenhand.data.tables.rows import TableRows, rows_of
from evenhand.data.tables.table import read_table


def rows(folder: Path, text: str, *files: str, **keys: Any) -> tuple[TableRows, list[Finding]]:
    for name in files:
        (folder / "root" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "root" / name).write_bytes(name.encode())
    (folder / "labels.csv").write_text(text, encoding="utf-8")
    data = DataConfig(root=str(folder / "root"), table=str(folder / "labels.csv"), **keys)
    root = open_root(folder / "root")
    return rows_of(read_table(root, str(data.table)), root, data)


def test_missing_files_are_counted_and_the_first_is_placed(tmp_path: Path) -> None:
    text = "path,label\na/1.jpg,cat\na/17.jpg,dog\nA/1.jpg,cat\n"
    with pytest.raises(DataError) as error:
        rows(tmp_path, text, "a/1.jpg")
    assert str(error.value) == (
        'labels.csv: 2 of 3 rows name a file that does not exist (first: line 3, "a/17.jpg"). '
        'Correct the paths, or set data.missing = "drop".'
    )


def test_missing_files_can_be_left_out(tmp_path: Path) -> None:
    text = "path,label\na/1.jpg,cat\na/17.jpg,dog\nb/2.jpg,\n"
    found, findings = rows(tmp_path, text, "a/1.jpg", "b/2.jpg", missing="drop")
    assert list(found.names) == ["a/1.jpg"]
    assert [finding.code for finding in findings] == ["EH101", "EH101"]
    assert findings[0].message.endswith('(first: line 3, "a/17.jpg"). They were left out.')
    assert findings[0].evidence == {"rows": 1, "of": 3, "paths": ["a/17.jpg"]}
    assert 'have no class in the column "label" (first: line 4)' in findings[1].message


def test_nothing_left_is_an_error_even_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no row can be used\.\n.*None of the files was found below .*root"):
        rows(tmp_path, "path,label\nx.jpg,cat\n", "a/1.jpg", missing="drop")


def test_a_name_that_differs_in_capitals_is_proposed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r'"A/1\.JPG"\)\. Did you mean "a/1\.jpg"\?'):
        rows(tmp_path, "path,label\nA/1.JPG,cat\nb.jpg,dog\n", "a/1.jpg", "b.jpg")


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = "path,label\n/etc/passwd,cat\nx.jpg,dog\na.jpg,\na.jpg,cat\n"
    with pytest.raises(DataError) as error:
        rows(tmp_path, text, "a.jpg", drop=["bird"])
    lines = str(error.value).splitlines()
    assert lines[0] == (
        'labels.csv: 1 of 4 rows have a path that is refused (first: line 2, "/etc/passwd", which is absolute). '
        "Write paths relative to data.root."
    )
    assert 'data.drop names the class "bird"' in lines[1]
    assert "1 of 4 rows name a file that does not exist (first: line 3" in lines[2]
    assert "1 of 4 rows have no class" in lines[3]


def test_columns_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        rows(tmp_path, "file,fine\na.jpg,cat\n", "a.jpg", path="fil", label="fine", group="series", levels=["fyne"])
    lines = str(error.value).splitlines()
    assert lines[0] == (
        'labels.csv: data.path: There is no column named "fil"; known are: file, fine. Did you mean "file"?'
    )
    assert [line.split(": ")[1] for line in lines] == ["data.path", "data.group", "data.levels"]


def test_levels_and_several_classes_do_not_go_together(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data\.levels needs one class per row"):
        rows(tmp_path, "path,label,c\na.jpg,cat,x\n", "a.jpg", task="multi", levels=["c"])


def test_rows_that_say_the_same_again_are_left_out(tmp_path: Path) -> None:
    text = "path,label\na.jpg,cat\nb.jpg,dog\n./a.jpg,cat\na.jpg,dog\n"
    found, findings = rows(tmp_path, text, "a.jpg", "b.jpg")
    assert list(zip(found.names, found.classes, strict=True)) == [
        ("a.jpg", ("cat",)),
        ("b.jpg", ("dog",)),
        ("a.jpg", ("dog",)),
    ]
    assert (findings[0].code, findings[0].severity) == ("EH103", "note")
    assert '1 of 4 rows name a file again (first: line 4, "a.jpg"); they were left out.' in findings[0].message


def test_several_classes_may_stand_on_several_rows(tmp_path: Path) -> None:
    text = "path,label\na.jpg,cat\nb.jpg,dog|big\na.jpg,big|cat\nb.jpg,\n"
    found, findings = rows(tmp_path, text, "a.jpg", "b.jpg", task="multi")
    assert list(found.classes) == [("cat", "big"), ("dog", "big")]
    assert "joined with the row that names it first" in findings[0].message
