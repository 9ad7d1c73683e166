import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evenhand.base.errors import DataError
from evenhand.review.apply.plan import plan
from evenhand.settings.load import load
from evenhand.testing.archives import write_zip
from evenhand.testing.kinds import generate

FILES = {"a/1.jpg": b"1", "a/2.jpg": b"2", "b/3.jpg": b"3", "b/4.jpg": b"4"}
INSTEAD = r"Leave the files as they are, and name the table of corrections in the configuration instead: \[data\]"


def corrections(folder: Path, *lines: str) -> Path:
    path = folder / "corrections.csv"
    path.write_text("\n".join(["id,action,to", *lines]), encoding="utf-8")
    return path


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, raw in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)
    return folder


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"label_pattern": r"(?P<label>\d)"}, "the names of the files hold their classes"),
        ({"task": "multi"}, "a folder names several classes"),
        ({"table": "t.csv", "task": "multi", "label_columns": ["x", "y"]}, "classes are in several columns"),
        ({"table": "t.csv", "task": "multi", "tag_columns": ["x", "y"]}, "classes are in several columns"),
        ({"table": "t.parquet"}, "is not a CSV"),
    ],
)
def test_other_forms_are_refused_with_a_way_out(tmp_path: Path, keys: dict[str, Any], message: str) -> None:
    root = write(tmp_path / "d", FILES)
    with pytest.raises(DataError, match=f"{message}.*{INSTEAD}"):
        plan(load({"data": {"root": str(root), **keys}}), corrections(tmp_path))


def test_a_zip_and_a_folder_that_cannot_be_written_to_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zipped = write_zip(tmp_path / "d.zip", FILES)
    with pytest.raises(DataError, match=f"is a zip, in which files are not moved.*{INSTEAD}"):
        plan(load({"data": {"root": str(zipped)}}), corrections(tmp_path))
    root = write(tmp_path / "d", FILES)
    settings = load({"data": {"root": str(root), "min_count": 1}})
    found = corrections(tmp_path, f"{_id(root / 'a/1.jpg')},trash,")
    real: Callable[..., bool] = os.access
    # not `chmod`, which does not bind root
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "a" and real(path, mode))
    with pytest.raises(DataError, match=f"/d/a cannot be written to.*{INSTEAD}"):
        plan(settings, found)


def test_rows_that_are_no_files_of_their_own_are_refused(tmp_path: Path) -> None:
    beats = generate("beats", tmp_path / "beats")
    settings = load(beats.toml)
    found = corrections(tmp_path, f"{beats.samples().ids[0]},trash,")
    with pytest.raises(DataError, match=f"a row is not a file .*{INSTEAD}"):
        plan(settings, found)


def test_symbolic_links_are_not_moved(tmp_path: Path) -> None:
    root = write(tmp_path / "d", FILES)
    (root / "b" / "5.jpg").symlink_to(root / "a" / "1.jpg")
    settings = load({"data": {"root": str(root), "min_count": 1}})
    found = corrections(tmp_path, f"{_id(root / 'a/1.jpg')}-2,trash,")
    with pytest.raises(DataError, match='"b/5.jpg" is a symbolic link'):
        plan(settings, found)


def test_no_file_goes_through_a_link_and_no_table_takes_the_place_of_one(tmp_path: Path) -> None:
    root, elsewhere = write(tmp_path / "d", FILES), write(tmp_path / "elsewhere", {"5.jpg": b"5"})
    (root / "c").symlink_to(elsewhere)
    found = corrections(tmp_path, f"{_id(root / 'a/1.jpg')},relabel,c")
    for links in ("follow", "inside"):
        with pytest.raises(DataError, match=f"d/c is a symbolic link.*{INSTEAD}"):
            plan(load({"data": {"root": str(root), "min_count": 1, "links": links}}), found)
    (root / "c").unlink()
    (root / "all.csv").write_text("\n".join(["path,label", *(f"{name},{name[0]}" for name in FILES)]))
    (root / "t.csv").symlink_to("all.csv")
    with pytest.raises(DataError, match=f"d/t.csv is a symbolic link.*{INSTEAD}"):
        plan(load({"data": {"root": str(root), "min_count": 1, "table": "t.csv"}}), found)


def test_classes_are_written_as_files_have_them(tmp_path: Path) -> None:
    root = write(tmp_path / "d", FILES)
    rename = {"a": "red", "b": "blue"}
    settings = load({"data": {"root": str(root), "min_count": 1, "rename": rename}})
    planned = plan(settings, corrections(tmp_path, f"{_id(root / 'a/1.jpg')},relabel,blue"))
    assert [move.target for move in planned.moves] == ["b/1.jpg"]
    for name in ("a/b", ".hidden"):
        with pytest.raises(DataError, match="cannot be the name of a folder"):
            plan(settings, corrections(tmp_path, f"{_id(root / 'a/1.jpg')},relabel,{name}"))


def test_splits_stay_where_classes_are_below_them(tmp_path: Path) -> None:
    files = {
        f"data/{split}/{of}/{n}.jpg": f"{split}{of}{n}".encode()
        for split in ("train", "test")
        for of in "ab"
        for n in "12"
    }
    root = write(tmp_path / "d", files)
    settings = load({"data": {"root": str(root), "min_count": 1}})
    planned = plan(settings, corrections(tmp_path, f"{_id(root / 'data/test/a/1.jpg')},relabel,b"))
    assert [move.target for move in planned.moves] == ["data/test/b/1-2.jpg"]


def test_what_no_longer_fits_is_named_and_nothing_planned(tmp_path: Path) -> None:
    root = write(tmp_path / "d", FILES)
    planned = plan(load({"data": {"root": str(root), "min_count": 1}}), corrections(tmp_path, "gone,trash,"))
    assert planned.empty
    assert planned.summary()[0] == "0 rows relabelled, 0 rows trashed."
    assert "1 id is not among the rows" in planned.summary()[1]


def _id(path: Path) -> str:
    from evenhand.data.roots.content_hash import content_hash

    return content_hash(path.read_bytes())
