from pathlib import Path

import pytest

from evenhand.base.errors import DataError
from evenhand.data.roots import folder_root
from evenhand.data.roots.file_root import FileRoot


def test_only_the_one_file_is_there(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"one")
    (tmp_path / "b.jpg").write_bytes(b"two")
    root = FileRoot(tmp_path / "a.jpg")
    assert list(root.names()) == ["a.jpg"]
    assert root.read("a.jpg") == b"one"
    assert root.size("a.jpg") == 3
    assert len(root.content("a.jpg")) == 16
    assert not root.skipped()


def test_a_name_that_is_not_ascii_does_not_list_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "grün.jpg").write_bytes(b"one")

    def listed(folder: Path, links: str) -> None:
        raise AssertionError("its folder may hold millions of files")

    monkeypatch.setattr(folder_root, "_list", listed)
    assert FileRoot(tmp_path / "grün.jpg").read("grün.jpg") == b"one"


def test_a_file_that_has_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        FileRoot(tmp_path / "gone.jpg").read("gone.jpg")
