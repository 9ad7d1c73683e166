"""A named output never replaces what is there unasked, and a link stays one."""

from pathlib import Path

import pytest

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.files.atomic import write_text
from evenhand.base.storage.files.output_file import output_file


def test_a_new_name_is_itself(tmp_path: Path) -> None:
    assert output_file(tmp_path / "a" / "b.csv") == tmp_path / "a" / "b.csv"


def test_a_file_is_kept_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    with pytest.raises(EvenhandError, match=r"a already exists.*--ids.*--force"):
        output_file(tmp_path / "a", option="--ids")
    assert output_file(tmp_path / "a", force=True) == tmp_path / "a"


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder/target")
    write_text(output_file(tmp_path / "link"), "new")  # leads nowhere yet
    with pytest.raises(EvenhandError, match="already exists"):
        output_file(tmp_path / "link")
    write_text(output_file(tmp_path / "link", force=True), "newer")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "target").read_text() == "newer"


def test_what_is_no_file_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for path, words in ((Path("/dev/null"), "not a regular file"), (tmp_path, "is a folder"),
                        (tmp_path / "loop", "leads back to itself")):  # fmt: skip
        with pytest.raises(EvenhandError, match=words):
            output_file(path, force=True)
