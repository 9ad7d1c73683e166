"""Planted rows: the table that names them, and how they are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenhand.base.errors import DataError
from evenhand.review.rows.planted_file import Planted, check_planted, read_planted
from evenhand.review.rows.with_planted import with_planted


def written(folder: Path, text: str) -> Path:
    path = folder / "known.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_table_names_the_known_class_and_maybe_the_one_shown(tmp_path: Path) -> None:
    found = read_planted(written(tmp_path, "id;Label;shown\nr1;ash;birch\nr2;cedar;\n"))
    assert found == Planted({"r1": ("ash",), "r2": ("cedar",)}, {"r1": ("birch",)})
    several = read_planted(written(tmp_path, 'id,label\nr1,ash|birch\nr2,"[""a|b""]"\n'), several=True)
    assert several.known == {"r1": ("ash", "birch"), "r2": ("a|b",)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,class\nr1,ash\n", "must have the columns id and label, once each; its columns are"),
        ("id,label\n", "has no rows"),
        ("id,label\nr1,ash\nr1,birch\n,ash\nr2,\n", 'line 3: the id "r1" occurs before.'),
        ('id,label\nr1,"[""ash"", ""birch""]"\n', '"r1" has several classes'),
    ],
)
def test_what_is_not_such_a_table_is_a_sentence(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DataError) as found:
        read_planted(written(tmp_path, text))
    assert words in str(found.value)


def test_rows_and_classes_that_there_are_not(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_planted(tmp_path / "nothing.csv")
    with pytest.raises(DataError, match="1 of 2 planted rows are not among the 1 rows of this review .first: .*r9"):
        check_planted(Planted({"r0": ("ash",), "r9": ("ash",)}), "known.csv", ["r0"], ["ash"])
    with pytest.raises(DataError, match="Did you mean.*birch"):
        check_planted(Planted({"r0": ("ash",)}, {"r0": ("brich",)}), "known.csv", ["r0"], ["ash", "birch"])


def test_nothing_gives_a_row_away_that_is_shown_under_another_class(make_rows) -> None:
    rows = make_rows([0, 1, 2], groups=["ash", "x", "x"])
    rows.samples.frame["path"] = ["ash/ash_r0.png", "birch/ash/r1.png", "cedar/r2.png"]
    rows.samples.frame["kind of tree"] = ["ash", "birch", "cedar"]
    shown = with_planted(rows, Planted({"r0": ("ash",), "r2": ("cedar",)}, {"r0": ("cedar",)}))
    assert shown.labels == [("cedar",), ("birch",), ("cedar",)]
    assert shown.frame["path"].tolist() == ["cedar/cedar_r0.png", "birch/ash/r1.png", "cedar/r2.png"]
    assert shown.frame["kind of tree"].tolist() == ["cedar", "birch", "cedar"]
    assert shown.frame["group"].tolist() == ["cedar", "x", "x"]
    assert rows.labels[0] == ("ash",)  # the rows that files are changed by are as they were
    several = make_rows([[1, 0, 1], [0, 1, 0]])
    assert with_planted(several, Planted({}, {"r1": ("ash", "cedar")})).labels == [("ash", "cedar")] * 2
