"""Documents with the checksums of themselves and of files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evenhand.base.storage.files.checksums import append_checksum, ends_with_checksum
from evenhand.base.storage.sealed_json import SealError, check_listed, check_marks, read_sealed, write_sealed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "x.bin").write_bytes(b"values")
    write_sealed(tmp_path / "task.json", {"score": 0.1, "name": "ü\ud800"}, [tmp_path / "x.bin"])
    return tmp_path


def test_a_document_comes_back_as_it_was(folder: Path) -> None:
    found = read_sealed(folder / "task.json")
    assert found.content == {"score": 0.1, "name": "ü\ud800"}
    assert found.sealed
    check_marks(folder, found.marks)


def test_every_byte_of_it_is_covered(folder: Path) -> None:
    whole = (folder / "task.json").read_bytes()
    content = read_sealed(folder / "task.json").content
    for at in range(len(whole)):
        (folder / "task.json").write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        try:
            assert read_sealed(folder / "task.json").content == content  # white space
        except SealError:
            continue


@pytest.mark.parametrize(
    "raw", [b"", b"null", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"checksums": {"/etc/passwd": 1}}']
)
def test_what_is_no_document_is_said(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "task.json").write_bytes(raw)
    with pytest.raises(SealError):
        read_sealed(tmp_path / "task.json")


def test_a_damaged_or_missing_file_is_named(folder: Path) -> None:
    (folder / "x.bin").write_bytes(b"valuer")
    with pytest.raises(SealError, match=r"lists x\.bin, which does not match"):
        check_listed(folder / "x.bin", "task.json")
    (folder / "x.bin").unlink()
    with pytest.raises(SealError, match=r"lists x\.bin, which is missing"):
        check_marks(folder, read_sealed(folder / "task.json").marks)


def test_documents_of_older_versions_have_no_checksums(tmp_path: Path) -> None:
    (tmp_path / "task.json").write_text(json.dumps({"score": 1}))
    found = read_sealed(tmp_path / "task.json")
    assert (found.content, found.marks, found.sealed) == ({"score": 1}, {}, False)


def test_a_file_ends_with_its_checksum_until_a_byte_of_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "state.pt"
    path.write_bytes(b"some state")
    append_checksum(path)
    assert ends_with_checksum(path)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        assert not ends_with_checksum(path)
        path.write_bytes(whole[:at])
        assert not ends_with_checksum(path)
