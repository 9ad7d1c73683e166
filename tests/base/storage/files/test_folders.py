"""A file where a folder is named is a sentence with key, path and what to do, before anything is read."""

import errno
from pathlib import Path

import pytest

import evenhand
from evenhand.base.errors import EvenhandError, RecordError, StoreError
from evenhand.base.storage.files.disk_errors import disk_error_message
from evenhand.base.storage.files.folders import file_in_the_way
from evenhand.base.storage.record import Record
from evenhand.data.roots.folder_root import FolderRoot
from evenhand.data.store.store import Store
from evenhand.data.tables.table import read_table


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text("path,class\n", encoding="utf-8")
    return path


def test_what_lies_in_the_way_of_a_folder_is_found(file: Path) -> None:
    assert file_in_the_way(file) == file_in_the_way(file / "a" / "b") == file
    assert file_in_the_way(file.parent) is None
    assert file_in_the_way(file.parent / "new" / "folder") is None


@pytest.mark.parametrize("below", ["", "/x"])
@pytest.mark.parametrize("key", ["output", "compute.store"])
def test_keys_of_folders_refuse_files_before_data_are_read(file: Path, key: str, below: str) -> None:
    asked = {"data": {"kind": "photos", "root": "none"}, "model": [{"name": "m", "encoder": "small"}]}
    with pytest.raises(
        EvenhandError, match=rf'{key} = "{file}{below}": .*labels.csv is a file, and {key} names a folder'
    ):
        evenhand.run(asked, changes=[f"{key}={file}{below}"])


def test_records_stores_and_tables_say_what_is_in_the_way(file: Path) -> None:
    with pytest.raises(RecordError, match=r"labels.csv is a file. Set output to a folder"):
        Record.create(file, asked="", resolved={}, data={})
    with pytest.raises(StoreError, match=r"is not a folder|labels.csv is a file. Set compute.store"):
        Store(file / "x").rows({}, ["a"], lambda _: {})
    (file.parent / "sub").mkdir()
    (file.parent / "sub" / "1.jpg").touch()
    for folder in ("sub", str(file.parent)):
        with pytest.raises(
            EvenhandError, match=r'is a folder, where the file of a table .*Tables there: "labels.csv"'
        ):
            read_table(FolderRoot(file.parent), folder)


@pytest.mark.parametrize(
    ("number", "words"), [(errno.EEXIST, "lies where a folder"), (errno.EISDIR, "is a folder")]
)
def test_whatever_else_names_a_folder_says_the_same(number: int, words: str) -> None:
    assert words in disk_error_message(OSError(number, "File exists", "a"))
