"""The log of submissions: what is noted comes back, whatever an upload command wrote."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenhand.base.errors import DataError, RecordError
from evenhand.base.storage.record import Record
from evenhand.pipeline.submission.submission_log import LOG, add, read_log, written_entry


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record.create(tmp_path / "runs", asked="", resolved={}, data={})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "out.csv"
    path.write_text("id,label\n1,a\n")
    return path


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\n", "\r"])
def test_no_character_poisons_the_log(record: Record, file: Path, mark: str) -> None:
    lines = [
        add(record, "written", file, model="m", rows=1, overridden=[f"1{mark}"]),
        add(record, "uploaded", file, output=f"a{mark}b"),
    ]
    assert read_log(record) == lines
    assert written_entry(record, file) == lines[0]


def test_a_line_that_is_not_json_is_named(record: Record, file: Path) -> None:
    add(record, "written", file, model="m")
    with (record.path / LOG).open("a") as log:
        log.write("\n{half\n")
    with pytest.raises(RecordError, match="line 3 is not JSON"):
        read_log(record)


@pytest.mark.parametrize(
    "line",
    ["null", "[]", "{}", '{"event": 1}', '{"event": "written"}', "[" * 100_000]
    + [
        f'{{"event": "written", "model": "m", {rest}}}'
        for rest in ('"overridden": 3', '"overridden": [1], "rows": ""')
    ],
)
def test_a_line_of_another_shape_is_named(record: Record, line: str) -> None:
    (record.path / LOG).write_text(f"{line}\n")
    with pytest.raises(RecordError, match=r"line 1 .*Correct or remove it"):
        read_log(record)


def test_a_submission_that_is_no_file_is_refused(record: Record, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="named pipe"):
        written_entry(record, tmp_path / "pipe")
