"""A file of another length is another file: it is not read to learn that."""

import errno
import os
from pathlib import Path

import pytest

from evenhand.base.storage.files import checksums
from evenhand.base.storage.files.checksums import append_checksum, ends_with_checksum, has_mark, known_mark


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch):
    """Return a function after whose call nothing is hashed any more."""

    def refuse(*_: object) -> None:
        raise AssertionError("the file is read")

    return lambda: monkeypatch.setattr(checksums, "mark_of", refuse)


@pytest.mark.parametrize("anew", [False, True])
def test_a_file_of_another_length_is_not_read(tmp_path: Path, anew: bool, unread) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"abc")
    mark = known_mark(file)
    assert has_mark(file, mark, anew=anew)
    file.write_bytes(b"abd")
    assert not has_mark(file, mark, anew=anew)
    unread()
    os.truncate(file, 1 << 40)
    assert not has_mark(file, mark, anew=anew)


def test_what_is_no_file_has_no_mark(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")
    with pytest.raises(FileNotFoundError) as found:
        has_mark(tmp_path / "a", checksums.FileMark(0, ""))
    assert found.value.errno == errno.ENOENT


def test_a_file_that_was_lengthened_is_not_read_for_the_checksum_at_its_end(tmp_path: Path, unread) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"abc")
    append_checksum(file)
    assert ends_with_checksum(file)
    unread()
    os.truncate(file, 1 << 40)
    assert not ends_with_checksum(file)
