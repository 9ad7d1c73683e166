import contextlib
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.data.roots.zip_index import ZipLimits, list_entries
from evenhand.data.roots.zip_root import ZipRoot
from evenhand.testing.archives import (
    write_bomb,
    write_encrypted_zip,
    write_evil_zip,
    write_legacy_zip,
    write_overlapping_zip,
    write_unicode_path_zip,
    write_zip,
)


def names(path: Path, encoding: str | None = None) -> list[str]:
    return sorted(list_entries(path, encoding, ZipLimits()).entries)


@pytest.mark.parametrize(
    ("encoding", "wanted"),
    [
        ("cp866", ["Яблоки/красное 1.jpg", "груша.jpg"]),
        ("gbk", ["苹果/红.jpg", "香蕉.jpg"]),
        ("cp932", ["りんご/写真.jpg", "バナナ.jpg"]),
        ("cp437", ["Möhre/1.jpg", "café.jpg"]),
    ],
)
def test_legacy_names(tmp_path: Path, encoding: str, wanted: list[str]) -> None:
    path = write_legacy_zip(tmp_path / "a.zip", {name: name.encode() for name in wanted}, encoding)
    assert names(path) == sorted(wanted)
    root = ZipRoot(path)
    assert root._listing.encoding == encoding
    assert all(root.read(name) == name.encode() for name in wanted)


def test_unmarked_utf8_names(tmp_path: Path) -> None:
    path = write_legacy_zip(tmp_path / "a.zip", {"苹果/é.jpg": b"x"}, "utf-8")
    assert names(path) == ["苹果/é.jpg"]


def test_marked_names(tmp_path: Path) -> None:
    assert names(write_zip(tmp_path / "a.zip", {"Яблоки/1.jpg": b"x"})) == ["Яблоки/1.jpg"]


def test_the_true_name_in_the_extra_field(tmp_path: Path) -> None:
    assert names(write_unicode_path_zip(tmp_path / "a.zip", "груша.jpg", b"x")) == ["груша.jpg"]


def test_a_code_page_can_be_told(tmp_path: Path) -> None:
    path = write_legacy_zip(tmp_path / "a.zip", {"Ёлка.jpg": b"x"}, "cp1251")
    assert names(path, "cp1251") == ["Ёлка.jpg"]


def test_windows_separators(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    info = zipfile.ZipInfo("a")
    info.filename = "cats\\1.jpg"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, b"x")
    assert names(path) == ["cats/1.jpg"]


def test_evil_names_are_left_out_and_named(tmp_path: Path) -> None:
    listing = list_entries(write_evil_zip(tmp_path / "a.zip"), None, ZipLimits())
    assert list(listing.entries) == ["good/1.jpg"]
    assert {item.name: item.reason for item in listing.skipped} == {
        "../up.jpg": "its name in the zip leads out of the root",
        "/etc/passwd.jpg": "its name in the zip is absolute",
        "C:\\boot.jpg": "its name in the zip is absolute",
        "a/../../b.jpg": "its name in the zip leads out of the root",
        "link.jpg": "is a symbolic link in the zip",
    }


def test_encrypted_entries_are_left_out_and_named(tmp_path: Path) -> None:
    listing = list_entries(write_encrypted_zip(tmp_path / "a.zip"), None, ZipLimits())
    assert not listing.entries
    assert listing.skipped[0].reason.startswith("is encrypted in the zip; unpack it")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_files_of_one_name_the_last_counts(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.jpg", b"old")
        archive.writestr("a.jpg", b"new")
    root = ZipRoot(tmp_path / "a.zip")
    assert root.read("a.jpg") == b"new"
    assert root.skipped()[0].reason == "is in the zip twice; the last one counts"


def test_bombs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r'looks like a zip bomb: "zeros\.bmp" unpacks to 1,0\d\d times its size'):
        names(write_bomb(tmp_path / "a.zip"))


def test_entries_that_lie_over_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"looks like a zip bomb: .* overlaps another file"):
        names(write_overlapping_zip(tmp_path / "a.zip"))


def test_limits(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a": b"x" * 10, "b": b"x" * 10})
    with pytest.raises(DataError, match="2 files; at most 1 are read"):
        list_entries(path, None, ZipLimits(entries=1))
    with pytest.raises(DataError, match="20 bytes unpacked; at most 19 are read"):
        list_entries(path, None, ZipLimits(total=19))


def test_small_pictures_of_one_colour_are_no_bombs(tmp_path: Path) -> None:
    assert names(write_zip(tmp_path / "a.zip", {"black.bmp": bytes(5_000_000)})) == ["black.bmp"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged_zips_are_never_more_than_an_error(tmp_path: Path, data: st.DataObject) -> None:
    path = write_legacy_zip(tmp_path / "a.zip", {"Яблоко.jpg": b"apple" * 20, "b/ю.jpg": b"b"}, "cp866")
    raw = bytearray(path.read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), min_size=1, max_size=6)):
        raw[at] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(raw[: data.draw(st.integers(0, len(raw)))] if data.draw(st.booleans()) else raw))
    with contextlib.suppress(DataError):
        root = ZipRoot(path)
        for name in root.names():
            assert isinstance(root.read(name), bytes)
