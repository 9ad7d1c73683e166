"""A record of another version is refused in words; nothing in it is read under a name that it does not have."""

import json
from pathlib import Path

import pytest

from evenhand.base.errors import RecordError
from evenhand.base.storage.record import Record, records
from evenhand.base.storage.record_format import FORMAT
from evenhand.pipeline.resuming.resumable import resumable


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record.create(
        tmp_path / "runs",
        asked="",
        resolved={"model": []},
        data={"fingerprint": "abc", "kind": "photos", "classes": ["a", "b"]},
    )


def rewritten(record: Record, **change: object) -> None:
    path = record.path / "environment.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["record_format"] == FORMAT
    document = {key: value for key, value in (document | change).items() if value is not None}
    path.write_text(json.dumps(document), encoding="utf-8")


@pytest.mark.parametrize(("written", "shown"), [(None, "format 1"), (FORMAT + 1, f"format {FORMAT + 1}")])
@pytest.mark.parametrize("read", ["open", "resolved", "data"])
def test_another_format_is_refused(record: Record, read: str, written: int | None, shown: str) -> None:
    rewritten(record, record_format=written)
    with pytest.raises(RecordError, match=f"written in record {shown} .*; this one reads format {FORMAT}"):
        Record.open(record.path) if read == "open" else getattr(Record(record.path), read)()


def test_a_run_of_another_format_is_not_resumed(record: Record) -> None:
    output = record.path.parent
    assert [one.path for one in records(output)] == [record.path]
    rewritten(record, record_format=1)
    assert resumable(output, "abc") is None


def test_a_damaged_environment_is_not_mistaken_for_another_format(record: Record) -> None:
    (record.path / "environment.json").write_text("{", encoding="utf-8")
    assert Record.open(record.path).data()["fingerprint"] == "abc"
