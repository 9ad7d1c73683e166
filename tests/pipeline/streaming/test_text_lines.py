"""Lines of a pipe and of a file that grows: whole, cut off, too long, not text."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest

from evenhand.base.errors import DataError
from evenhand.pipeline.streaming import text_lines
from evenhand.pipeline.streaming.text_lines import followed, lines_of


def read(raw: bytes) -> list[tuple[str, str]]:
    return [(line.text, line.fault) for line in lines_of(io.BytesIO(raw))]


def test_lines_end_with_any_line_break_and_a_mark_at_the_start_is_no_text() -> None:
    assert read(b"\xef\xbb\xbf1,2\r\n\n3,4\n") == [("1,2", ""), ("", ""), ("3,4", "")]
    assert read(b"") == []


def test_a_last_line_without_a_line_break_may_be_cut_off_unless_it_says_where_it_ends() -> None:
    assert read(b"[1, 2]") == [("[1, 2]", "")]
    assert read(b"1,2\n3,4") == [("1,2", ""), ("", "has no line break behind it, and may be cut off")]


def test_what_is_not_text_or_never_ends_is_said_and_the_next_line_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_lines, "LONGEST", 8)
    assert read(b"\xff\xfe\n" + b"1" * 50 + b"\n1,2\n" + b"2" * 8) == [
        ("", "is not text in UTF-8"),
        ("", "is longer than 8 bytes"),
        ("1,2", ""),
        ("", "is longer than 8 bytes"),
    ]


def test_a_file_is_followed_while_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "scan.csv"
    path.write_bytes(b"1,2\n3,")
    lines = followed(path, until_idle=0.5)
    assert next(lines).text == "1,2"

    def write() -> None:
        with path.open("ab") as file:
            file.write(b"4\n5,6\n")

    threading.Timer(0.1, write).start()
    assert [line.text for line in lines] == ["3,4", "5,6"]


def test_a_file_that_is_shortened_or_missing_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "scan.csv"
    path.write_bytes(b"1,2\n3,4\n")
    lines = followed(path)
    assert [next(lines).text, next(lines).text] == ["1,2", "3,4"]
    path.write_bytes(b"1")
    with pytest.raises(DataError, match="was shortened, removed or replaced while it was read"):
        next(lines)
    with pytest.raises(DataError, match="there is no such file"):
        followed(tmp_path / "other.csv")
