from pathlib import Path

import pytest

from evenhand.base.errors import DataError
from evenhand.data.config import DataConfig
from evenhand.data.roots.folder_root import FolderRoot
from evenhand.data.roots.root import given_path, open_root, root_of
from evenhand.data.roots.zip_root import ZipRoot
from evenhand.testing.archives import write_legacy_zip, write_zip


def test_folders_and_zips(tmp_path: Path) -> None:
    zipped = write_zip(tmp_path / "a.zip", {"a.jpg": b"x"})
    assert isinstance(open_root(tmp_path), FolderRoot)
    assert isinstance(open_root(str(zipped)), ZipRoot)


def test_both_give_the_same(tmp_path: Path) -> None:
    (tmp_path / "f/Яблоки").mkdir(parents=True)
    (tmp_path / "f/Яблоки/1.jpg").write_bytes(b"x")
    folder = open_root(tmp_path / "f")
    zipped = open_root(write_zip(tmp_path / "a.zip", {"Яблоки/1.jpg": b"x"}))
    assert list(folder.names()) == list(zipped.names())
    assert folder.content("Яблоки/1.jpg") == zipped.content("Яблоки/1.jpg")
    assert folder.size("Яблоки/1.jpg") == zipped.size("Яблоки/1.jpg") == 1


def test_the_configuration_says_how_a_root_is_opened(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "1.jpg").write_bytes(b"x")
    (tmp_path / "root/1.jpg").symlink_to(tmp_path / "1.jpg")
    assert not root_of(DataConfig(root=str(tmp_path / "root"))).names()
    assert root_of(DataConfig(root=str(tmp_path / "root"), links="follow")).names()
    zipped = write_legacy_zip(tmp_path / "a.zip", {"Ёлка.jpg": b"x"}, "cp1251")
    assert list(root_of(DataConfig(root=str(zipped), zip_encoding="cp1251")).names()) == ["Ёлка.jpg"]


def test_nothing_there_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(DataError, match=r'there is no such folder or file\. Did you mean ".*photos"\?'):
        open_root(tmp_path / "photo")


def test_an_empty_path_is_not_the_working_folder() -> None:
    assert given_path(".") == Path()
    with pytest.raises(DataError, match="The path of the data is empty"):
        open_root("")


def test_neither_folder_nor_zip(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"\x1f\x8b...")
    with pytest.raises(DataError, match="is neither a folder nor a zip. Give a folder or a zip"):
        open_root(tmp_path / "a.tar.gz")


def test_half_a_download(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a.jpg": b"x" * 1000})
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(DataError, match="its end is missing: download it again"):
        open_root(path)
