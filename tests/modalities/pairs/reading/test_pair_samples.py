"""Tables of pairs: what is read, masked, counted, left out and refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evenhand.base.errors import DataError
from evenhand.base.values import Finding, Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.content_hash import content_hash
from evenhand.data.roots.root import open_root
from evenhand.modalities.pairs.config import PairsConfig
from evenhand.modalities.pairs.kind import Pairs
from evenhand.testing.pictures import picture, scene

COLUMNS = ("path", "text", "label")


def write(folder: Path, rows: list[tuple[str, ...]], columns: tuple[str, ...] = COLUMNS) -> Path:
    """Write a table, and a picture of its own for each path that does not begin with "gone"."""
    frame = pd.DataFrame(rows, columns=list(columns))
    for at, path in enumerate(dict.fromkeys(frame["path"])):
        if path and not path.startswith("gone"):
            (folder / path).write_bytes(picture(np.roll(scene(), at, axis=1)))
    frame.to_csv(folder / "t.csv", index=False)
    return folder


def read(folder: Path, own: PairsConfig | None = None, **data: Any) -> tuple[Samples, list[Finding]]:
    config = DataConfig.model_validate(
        {"kind": "pairs", "root": str(folder), "table": "t.csv", "min_count": 1, **data}
    )
    return Pairs().samples(open_root(folder), config, own or PairsConfig())


def test_a_row_may_lack_either_half_and_one_without_both_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, [("1.png", "Hat", "a"), ("", "Shoe", "b"), ("2.png", "", "a"), ("", "", "b")])
    samples, findings = read(tmp_path)
    assert list(samples.frame["path"]) == ["1.png", "t.csv, line 3", "2.png"]
    assert list(samples.frame["text"]) == ["Hat", "Shoe", ""]
    files = [content_hash((tmp_path / name).read_bytes()) if name else "" for name in ("1.png", "", "2.png")]
    assert list(samples.frame["eh:file"]) == files
    assert [f.message for f in findings] == [
        "t.csv: 1 of 4 rows have neither a file nor a text (first: line 5). They were left out."
    ]
    settings = Pairs().settings(PairsConfig(size=16), None)
    rows = [Pairs().reader(open_root(tmp_path), samples.frame, settings)(row) for row in range(3)]
    assert [row["present"].tolist() for row in rows] == [[1, 1], [0, 1], [1, 0]]
    assert [row["counters"].tolist() for row in rows] == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert (rows[1]["image"] == 255).all()
    assert rows[2]["text"].shape == (0,)


def test_texts_are_cut_and_counted(tmp_path: Path) -> None:
    write(tmp_path, [("", "帽子です", "a"), ("", "帽", "b")])
    samples, _ = read(tmp_path)
    settings = Pairs().settings(PairsConfig(size=16, longest=2), None)
    rows = [Pairs().reader(open_root(tmp_path), samples.frame, settings)(row) for row in range(2)]
    assert [row["text"].tobytes().decode() for row in rows] == ["帽子", "帽"]
    assert [int(row["counters"][2]) for row in rows] == [1, 0]


def test_a_folder_that_lacks_half_of_its_files_is_refused_or_keeps_the_texts(tmp_path: Path) -> None:
    rows = [(f"{'gone' if n % 2 else ''}{n}.png", f"Title {n}" if n != 3 else "", "ab"[n // 4]) for n in range(8)]
    write(tmp_path, rows)
    with pytest.raises(DataError) as caught:
        read(tmp_path)
    assert "4 of 8 rows name a file that does not exist" in str(caught.value)
    assert 'set data.missing = "drop", with which rows keep their text' in str(caught.value)
    samples, findings = read(tmp_path, missing="drop")
    assert len(samples) == 7
    assert sum(path.startswith("t.csv, line") for path in samples.frame["path"]) == 3
    assert "3 of them keep their text; the others were left out." in findings[0].message
    assert findings[0].evidence["kept"] == 3


TITLES = (
    "👟 קניות | נעלי ריצה",
    "赤いドレス",
    "Cafe\u0301 crème",
    "حذاء رياضي 2",
    "İstanbul",
    'a, b; "c"',
    "\u202eabc",
)


def test_titles_of_any_script_come_through_to_the_byte(tmp_path: Path) -> None:
    write(tmp_path, [(f"{n}.png", title, "ab"[n % 2]) for n, title in enumerate(TITLES)])
    samples, _ = read(tmp_path)
    settings = Pairs().settings(PairsConfig(size=16), None)
    reader = Pairs().reader(open_root(tmp_path), samples.frame, settings)
    found = [reader(row)["text"].tobytes().decode() for row in range(len(samples))]
    assert found == ["Café crème" if title.startswith("Cafe") else title for title in TITLES]
    for row in range(len(samples)):
        uri = Pairs().picture_of(open_root(tmp_path), samples.frame.iloc[row].to_dict(), 96)
        assert uri.startswith("data:image/svg+xml;base64,")


def test_ids_are_of_the_picture_and_the_text_and_survive_a_sorted_table(tmp_path: Path) -> None:
    rows = [
        ("1.png", "Hat", "a"),
        ("1.png", "Cap", "b"),
        ("2.png", "Hat", "a"),
        ("", "Hat", "b"),
        ("1.png", "", "b"),
    ]
    samples, _ = read(write(tmp_path, rows))
    assert len(set(samples.ids)) == 5
    assert list(samples.frame["path"]) == ["1.png", "1.png", "1.png", "2.png", "t.csv, line 5"], "one file together"
    assert [samples.classes[label] for label in samples.labels] == ["a", "b", "b", "a", "b"]
    pd.DataFrame(rows, columns=list(COLUMNS)).iloc[::-1].to_csv(tmp_path / "t.csv", index=False)
    assert set(read(tmp_path)[0].ids) == set(samples.ids)


def test_a_picture_that_very_many_rows_share_is_reported(tmp_path: Path) -> None:
    write(tmp_path, [("none.png", f"Title {n}", "ab"[n % 2]) for n in range(30)])
    _, findings = read(tmp_path)
    assert [f.code for f in findings] == ["EH103"]
    assert "30 of 30 rows have the same picture" in findings[0].message


def test_a_table_is_needed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="reads pictures and texts from a table, and none is named"):
        read(tmp_path, table=None)


def test_a_thousand_tags_and_a_tag_on_every_row(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    tags = [f"tag {n}, of {n % 7}" for n in range(1000)]
    cells = ["|".join(["every row", *rng.choice(tags, 5, replace=False)]) for _ in range(600)]
    write(tmp_path, [("", f"Title {n}", cell) for n, cell in enumerate(cells)])
    samples, _ = read(tmp_path, task="multi")
    assert samples.k > 900
    assert "tag 3, of 3" in samples.classes
    assert samples.labels[:, samples.classes.index("every row")].all()


def test_one_hot_columns_with_unknown_cells(tmp_path: Path) -> None:
    rows = [("", "Hat", "1", ""), ("", "Cap", "0", "1"), ("", "Shoe", "", "0")]
    write(tmp_path, rows, ("path", "text", "warm", "for the feet"))
    samples, _ = read(tmp_path, task="multi", label_columns=["warm", "for the feet"])
    assert np.array_equal(samples.labels, [[1, np.nan], [0, 1], [np.nan, 0]], equal_nan=True)


def test_new_rows_come_from_the_table_of_that_name_or_the_one_that_fits(tmp_path: Path) -> None:
    write(tmp_path, [("1.png", "Hat", "a"), ("gone.png", "Shoe", "b"), ("gone.png", "", "b")])
    data = DataConfig(kind="pairs", root=".", table="/elsewhere/t.csv")
    found, findings = Pairs().unlabelled(open_root(tmp_path), data, PairsConfig())
    assert list(found.frame["text"]) == ["Hat", "Shoe"]
    assert "2 of 3 rows name a file that does not exist" in findings[0].message
    assert findings[1].message == (
        "t.csv: 1 of 3 rows has neither a picture nor a text (first: line 4), and no prediction."
    )
    (tmp_path / "t.csv").rename(tmp_path / "new.csv")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    again, _ = Pairs().unlabelled(open_root(tmp_path), data, PairsConfig())
    assert list(again.ids) == list(found.ids)
    (tmp_path / "new.csv").rename(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text((tmp_path / "a.csv").read_text())
    with pytest.raises(DataError, match="2 tables have the columns of the text"):
        Pairs().unlabelled(open_root(tmp_path), data, PairsConfig())


def test_new_pictures_without_a_table_have_no_text(tmp_path: Path) -> None:
    write(tmp_path, [("1.png", "Hat", "a")])
    (tmp_path / "t.csv").unlink()
    data = DataConfig(root=".", table="t.csv")
    found, _ = Pairs().unlabelled(open_root(tmp_path), data, PairsConfig())
    assert found.frame[["path", "text"]].to_numpy().tolist() == [["1.png", ""]]
    assert len(Pairs().unlabelled(Pairs().alone(tmp_path / "1.png"), data, PairsConfig())[0]) == 1


def test_a_table_alone_is_refused_with_what_to_name(tmp_path: Path) -> None:
    write(tmp_path, [("1.png", "Hat", "a")])
    with pytest.raises(DataError, match="Name the folder that holds it"):
        Pairs().alone(tmp_path / "t.csv")


def test_a_column_called_text_that_is_not_the_text_keeps_its_cells(tmp_path: Path) -> None:
    write(tmp_path, [("", "x", "a", "Hat"), ("", "y", "b", "Cap")], (*COLUMNS, "title"))
    samples, _ = read(tmp_path, PairsConfig(text="title"))
    assert list(samples.frame["text"]) == ["Hat", "Cap"]
    assert list(samples.frame["table:text"]) == ["x", "y"]
