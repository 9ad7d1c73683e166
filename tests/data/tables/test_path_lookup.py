from pathlib import Path

import pytest

from evenhand.data.roots.root import Root, open_root
from evenhand.data.tables.path_lookup import Located, locate
from evenhand.testing.archives import write_zip


def folder(tmp_path: Path, *names: str) -> Root:
    for name in names:
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / name).write_bytes(b"x")
    return open_root(tmp_path / "photos")


@pytest.mark.parametrize(
    "path",
    ["a/1.jpg", "./a/1.jpg", "a//1.jpg", "a\\1.jpg", ".\\a\\1.jpg", "b/../a/1.jpg", "photos/a/1.jpg", "a/1"],
)
def test_ways_to_write_a_path(tmp_path: Path, path: str) -> None:
    assert locate([path], folder(tmp_path, "a/1.jpg", "b/2.jpg")).names == ("a/1.jpg",)


def test_absolute_paths_inside_the_root(tmp_path: Path) -> None:
    root = folder(tmp_path, "a/1.jpg")
    assert locate([str(tmp_path / "photos/a/1.jpg")], root).names == ("a/1.jpg",)


def test_paths_outside_are_refused_with_the_reason(tmp_path: Path) -> None:
    found = locate(["/etc/passwd", "../x.jpg", "a/1.jpg", "C:\\a.jpg"], folder(tmp_path, "a/1.jpg"))
    assert found.outside == {0: "is absolute", 1: "leads out of the root", 3: "is absolute"}
    assert found.names == (None, None, "a/1.jpg", None)
    assert found.missing == []


def test_relative_to_the_table_inside_the_root(tmp_path: Path) -> None:
    root = folder(tmp_path, "set/images/1.jpg", "other/2.jpg")
    assert locate(["images/1.jpg"], root, "set").names == ("set/images/1.jpg",)


def test_relative_to_the_table_on_disk(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    root = folder(tmp_path / "deep", "a/1.jpg")
    assert locate(["deep/photos/a/1.jpg"], root, None, disk=tmp_path).names == ("a/1.jpg",)


def test_below_the_one_top_folder_of_a_zip(tmp_path: Path) -> None:
    root = open_root(write_zip(tmp_path / "a.zip", {"library/a/1.jpg": b"x", "library/b.jpg": b"x"}))
    assert locate(["a/1.jpg", "b.jpg"], root).names == ("library/a/1.jpg", "library/b.jpg")


def test_one_way_of_reading_holds_for_all_rows(tmp_path: Path) -> None:
    root = folder(tmp_path, "1.jpg", "set/1.jpg", "set/2.jpg")
    assert locate(["1.jpg", "2.jpg"], root, "set").names == ("set/1.jpg", "set/2.jpg")


def test_spellings_of_unicode(tmp_path: Path) -> None:
    root = open_root(write_zip(tmp_path / "a.zip", {"cafe\u0301/1.jpg": b"x"}))
    assert locate(["café/1.jpg"], root).names == ("cafe\u0301/1.jpg",)


def test_missing_and_empty_paths(tmp_path: Path) -> None:
    found = locate(["A/1.JPG", None, "a/1.jpg", "zzz"], folder(tmp_path, "a/1.jpg"))
    assert found.missing == [0, 1, 3]
    assert found.hints == {0: "a/1.jpg"}


def test_stems_that_two_files_share_are_not_guessed(tmp_path: Path) -> None:
    assert locate(["a"], folder(tmp_path, "a.jpg", "a.png")).names == (None,)


def test_nothing_to_locate(tmp_path: Path) -> None:
    assert locate([], folder(tmp_path, "a.jpg")) == Located((), {}, {})
