"""The door for files from elsewhere: what is no file, or too large, is refused before a byte is read."""

import os
import socket
from pathlib import Path

import pytest

from evenhand.base.storage.files.regular_file import UnreadableFileError, check_regular, open_regular, read_regular


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("a")
    assert read_regular(tmp_path / "a", most=3) == read_regular(tmp_path / "link", most=3) == b"abc"


def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)  # paths of sockets are short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket")
        for path, words in (("pipe", "a named pipe"), ("/dev/zero", "a device"), ("socket", "a socket")):
            with pytest.raises(UnreadableFileError) as caught:
                check_regular(path)
            assert words in caught.value.strerror
            assert caught.value.filename == path
    with pytest.raises(IsADirectoryError):
        check_regular(tmp_path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(UnreadableFileError, match=r"1,000,000,000,000 bytes, and at most 5 are read"):
        read_regular(tmp_path / "large", most=5)
    open_regular(tmp_path / "large").close()


def test_a_file_without_a_size_is_read_as_far_as_is_allowed() -> None:
    with pytest.raises(UnreadableFileError, match="more than 5 bytes"):
        read_regular("/proc/self/status", most=5)
