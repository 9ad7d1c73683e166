from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.base.values import Finding, Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import open_root
from evenhand.data.tables.samples import file_samples, unlabelled_samples
from evenhand.testing.archives import write_encrypted_zip, write_legacy_zip, write_zip

JPG = {".jpg"}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def read(root: Path, **keys: Any) -> tuple[Samples, list[Finding]]:
    return file_samples(open_root(root), DataConfig(root=str(root), **keys), kind="photos", suffixes=JPG)


FILES = {"a/1.jpg": "1", "a/2.jpg": "2", "b/3.jpg": "3", "b/4.jpg": "1"}


def test_folders(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    samples, findings = read(tmp_path, group="folder")
    assert samples.classes == ("a", "b")
    assert samples.labels.tolist() == [0, 0, 1, 1]
    assert list(samples.groups) == ["a", "a", "b", "b"]
    assert samples.ids[3] == f"{samples.ids[0]}-2", "a copy has the id of the first with a number"
    assert samples.frame["content"][0] == samples.frame["content"][3] == samples.ids[0]
    assert not findings


def test_a_zip_gives_the_same_ids(tmp_path: Path) -> None:
    write(tmp_path / "f", FILES)
    zipped = write_zip(tmp_path / "f.zip", {f"top/{name}": text.encode() for name, text in FILES.items()})
    assert list(read(tmp_path / "f")[0].ids) == list(read(zipped)[0].ids)


def test_classes_in_a_legacy_zip(tmp_path: Path) -> None:
    files = {"Яблоки/1.jpg": b"1", "Яблоки/2.jpg": b"2", "груши/3.jpg": b"3", "груши/4.jpg": b"4"}
    assert read(write_legacy_zip(tmp_path / "a.zip", files, "cp866"))[0].classes == ("Яблоки", "груши")


def test_a_table_with_everything(tmp_path: Path) -> None:
    text = (
        "path,fine,coarse,who,part,id,age\n"
        "a/1.jpg,x,X,p1,train,one,30\na/2.jpg,x,X,p1,train,two,31\nb/3.jpg,y,X,,test,three,\nb/4.jpg,y,X,p2,,four,5\n"
    )
    write(tmp_path, {**FILES, "labels.csv": text})
    samples, _ = read(
        tmp_path, table="labels.csv", label="fine", group="who", split="part", levels=["coarse"], id="id"
    )
    assert list(samples.ids) == ["one", "two", "three", "four"]
    assert list(samples.groups) == ["p1", "p1", "id:three", "p2"]
    assert samples.levels == {"coarse": ("X", "X")}
    frame = samples.frame
    assert list(frame) == ["id", "path", "content", "group", "split", "fine", "coarse", "who", "part", "age"]
    assert frame["split"].isna().tolist() == [False, False, False, True]


def test_columns_that_would_hide_ours_get_another_name(tmp_path: Path) -> None:
    text = "file,label,group,id,content,path,eh:label\n" + "".join(
        f"{name},{name[0]},g,1,c,p,e\n" for name in FILES
    )
    write(tmp_path, {**FILES, "labels.csv": text})
    samples, _ = read(tmp_path, table="labels.csv", path="file")
    assert not samples.grouped, "a column is a group only where the configuration says so"
    renamed = ["table:group", "table:id", "table:content", "table:path", "table:eh:label"]
    assert list(samples.frame) == ["id", "path", "content", "label", *renamed]


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["1", "2", "1", "3"], r'1 ids in the column "id" are repeated \(first: "1" on line 2 and line 4\)'),
        (["1", "", "2", "3"], r'1 of 4 rows have no id in the column "id" \(first: line 3\)'),
    ],
)
def test_ids_name_every_row_once(tmp_path: Path, ids: list[str], message: str) -> None:
    rows = [f"{name},{name[0]},{id}\n" for name, id in zip(FILES, ids, strict=True)]
    write(tmp_path, {**FILES, "labels.csv": "path,label,id\n" + "".join(rows)})
    with pytest.raises(DataError, match=message):
        read(tmp_path, table="labels.csv", id="id")


def test_several_labels(tmp_path: Path) -> None:
    text = "path,label\na/1.jpg,red|big\na/2.jpg,red\nb/3.jpg,\nb/4.jpg,big\n"
    write(tmp_path, {**FILES, "labels.csv": text})
    samples, _ = read(tmp_path, table="labels.csv", task="multi")
    assert samples.classes == ("big", "red")
    np.testing.assert_array_equal(samples.labels, [[1, 1], [0, 1], [0, 0], [1, 0]])


def test_rows_of_classes_left_out_go(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "c/5.jpg": "5"})
    samples, findings = read(tmp_path)
    assert len(samples) == 4
    assert [finding.code for finding in findings] == ["EH107"]


def test_files_that_cannot_be_read_are_left_out_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {**FILES, "a/0.jpg": "0"})
    refuse(monkeypatch, "a/1.jpg")
    samples, findings = read(tmp_path)
    assert list(samples.frame["path"]) == ["a/0.jpg", "a/2.jpg", "b/3.jpg", "b/4.jpg"]
    assert findings[0].message.endswith('1 file was left out: "a/1.jpg"; cannot be read (permission denied).')


def refuse(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def read_or_refuse(path: str, *args: Any, **keys: Any) -> Any:
        if path.endswith(name):
            raise PermissionError(13, "Permission denied")
        return open(path, *args, **keys)  # noqa: PTH123

    monkeypatch.setattr("evenhand.data.roots.folder_root.open", read_or_refuse, raising=False)


def test_links_that_are_not_followed_are_named(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    (tmp_path / "a/0.jpg").symlink_to("nowhere")
    _, findings = read(tmp_path)
    assert '1 file was left out: "a/0.jpg"; is a broken symbolic link.' in findings[0].message


def test_an_encrypted_zip_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds nothing that can be read\. secret/1\.jpg: is encrypted in the zip"):
        read(write_encrypted_zip(tmp_path / "a.zip"))


def test_one_class_only(tmp_path: Path) -> None:
    write(tmp_path, {"cat/1.jpg": "1", "cat/2.jpg": "2"})
    with pytest.raises(DataError, match=r'all 2 rows are of one class, "cat" \(folders\)'):
        read(tmp_path)


def test_files_without_classes(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "loose.jpg": "5", "notes.txt": "6"})
    (tmp_path / "b/0.jpg").symlink_to("nowhere")
    samples, findings = unlabelled_samples(open_root(tmp_path), kind="photos", suffixes=JPG)
    assert list(samples.frame["path"]) == [*FILES, "loose.jpg"]
    assert samples.labels.tolist() == [-1] * 5
    assert "b/0.jpg" in findings[0].message


@pytest.mark.data
def test_the_grocery_photos(shared_data: Callable[[str], Path]) -> None:
    samples, findings = read(
        shared_data("grocery"), table="labels.csv", label="fine", group="group", levels=["coarse"]
    )
    assert (len(samples), samples.k, len(set(samples.levels["coarse"]))) == (5421, 81, 43)
    assert findings == []


def test_files_that_no_row_names_are_mentioned(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "notes.txt": "x", "c/5.jpg": "5"})
    write(tmp_path, {"labels.csv": "path,label,part\na/1.jpg,a,1\na/2.jpg,a,1\nb/3.jpg,b,1\nb/4.jpg,b,2\n"})
    for keys in ({}, {"only": {"part": ["1"]}, "min_count": 1}):
        _, findings = read(tmp_path, table="labels.csv", **keys)
        (note,) = [finding for finding in findings if "are in no row" in finding.message]
        assert note.severity == "note"
        assert note.message.startswith("labels.csv: 1 of 5 files below")
        assert note.evidence["names"] == ["c/5.jpg"]
