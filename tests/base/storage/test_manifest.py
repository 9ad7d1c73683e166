"""Checksums of the files of a folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenhand.base.errors import RecordError
from evenhand.base.storage.manifest import MANIFEST, holds, matches, read_manifest, record_text, recording


def flip(path: Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at // 8] ^= 1 << at % 8
    path.write_bytes(raw)


def test_a_file_holds_until_a_bit_of_it_is_flipped(tmp_path: Path) -> None:
    record_text(tmp_path, "a.json", "{}")
    assert holds(tmp_path, "a.json") is True
    for bit in range(16):
        flip(tmp_path / "a.json", bit)
        assert holds(tmp_path, "a.json") is False
        flip(tmp_path / "a.json", bit)
    assert holds(tmp_path, "a.json") is True
    assert holds(tmp_path, "b.json") is None


def test_a_file_written_again_holds_before_and_after_its_rename(tmp_path: Path) -> None:
    record_text(tmp_path, "a", "one")
    with pytest.raises(KeyboardInterrupt), recording(tmp_path, "a") as part:
        part.write_text("two")
        raise KeyboardInterrupt
    assert holds(tmp_path, "a") is True
    record_text(tmp_path, "a", "three")
    assert holds(tmp_path, "a") is True
    (tmp_path / "a").write_text("one")  # killed after the line was written, before the rename
    assert holds(tmp_path, "a") is True


def test_a_damaged_line_is_passed_over_and_counted(tmp_path: Path) -> None:
    record_text(tmp_path, "a", "one")
    record_text(tmp_path, "b", "two")
    whole = (tmp_path / MANIFEST).read_bytes()
    for bit in range(0, 8 * whole.index(b"\n"), 7):
        flip(tmp_path / MANIFEST, bit)
        assert holds(tmp_path, "a") is not False, "a sound file does not look damaged"
        assert holds(tmp_path, "b") is True
        (tmp_path / MANIFEST).write_bytes(whole)
    (tmp_path / MANIFEST).write_bytes(b"null\n[[[\n{}\n\xff\n" + whole)
    assert read_manifest(tmp_path).damaged_lines == (1, 2, 3, 4)
    assert {*read_manifest(tmp_path).marks} == {"a", "b"}


def test_half_a_line_does_not_swallow_the_next(tmp_path: Path) -> None:
    record_text(tmp_path, "a", "one")
    with (tmp_path / MANIFEST).open("ab") as file:
        file.write(b'{"file": "b", "by')
    record_text(tmp_path, "c", "three")
    assert holds(tmp_path, "c") is True
    assert read_manifest(tmp_path).damaged_lines == (2,)


def test_what_is_made_again_is_compared_with_what_was_noted(tmp_path: Path) -> None:
    record_text(tmp_path, "a", "one")
    (tmp_path / "x").write_text("one")
    assert matches(tmp_path, "a", tmp_path / "x") is True
    assert matches(tmp_path, "x", tmp_path / "a") is None
    (tmp_path / "x").write_text("two")
    assert matches(tmp_path, "a", tmp_path / "x") is False


def test_a_manifest_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    other = tmp_path / "authorized_keys"
    other.write_text("mine\n")
    (tmp_path / "record").mkdir()
    (tmp_path / "record" / MANIFEST).symlink_to(other)
    with pytest.raises(RecordError, match="is a link, and is not read. Remove it"):
        record_text(tmp_path / "record", "a.txt", "a")
    assert other.read_text() == "mine\n"
    assert not (tmp_path / "record" / "a.txt").exists()


def test_a_manifest_that_is_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / MANIFEST)
    with pytest.raises(RecordError, match="named pipe"):
        read_manifest(tmp_path)
