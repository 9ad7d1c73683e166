import os
import time
from pathlib import Path

import pytest

from evenhand.base.storage.files.atomic_folder import building, remove_abandoned


def test_a_folder_that_is_renamed_stays_and_one_that_is_not_goes(tmp_path: Path) -> None:
    with building(tmp_path) as folder:
        (folder / "a").write_text("1")
        folder.rename(tmp_path / "done")
    with pytest.raises(ValueError, match="by hand"), building(tmp_path) as folder:
        (folder / "a").write_text("2")
        raise ValueError("by hand")
    assert [path.name for path in tmp_path.iterdir()] == ["done"]
    assert (tmp_path / "done" / "a").read_text() == "1"


def test_what_somebody_is_building_stays(tmp_path: Path) -> None:
    with building(tmp_path) as folder:
        remove_abandoned(tmp_path)
        assert folder.is_dir()


def test_what_nobody_is_building_goes_and_everything_else_stays(tmp_path: Path) -> None:
    left, new, old = (tmp_path / f".building-{digit * 16}" for digit in "012")
    for folder in (left, new, old):
        folder.mkdir()
    (left / ".lock").write_text("")
    os.utime(old, (time.time() - 7200,) * 2)
    others = [tmp_path / name for name in (".building-mine", "building-0000000000000000", ".lock")]
    for path in others:
        path.mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = tmp_path / f".building-{'3' * 16}"
    link.symlink_to(elsewhere)
    remove_abandoned(tmp_path)
    assert not left.exists()
    assert not old.exists()
    assert all(path.exists() for path in (new, link, elsewhere, *others))
