"""Links in a record of somebody else: within it they are followed, out of it they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenhand.base.errors import RecordError
from evenhand.base.storage.files.links import leads_out
from evenhand.base.storage.record import Record, records


@pytest.fixture
def record(tmp_path: Path) -> Record:
    data = {"kind": "photos", "classes": ["a"]}
    return Record.create(tmp_path / "runs", asked="# mine\n", resolved={"model": []}, data=data)


def linked(record: Record, name: str, target: Path | str) -> None:
    (record.path / "manifest.jsonl").unlink(missing_ok=True)
    path = record.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def test_what_leads_out_is_seen_through_any_link(tmp_path: Path) -> None:
    inside = tmp_path / "a"
    (inside / "b").mkdir(parents=True)
    (inside / "in").symlink_to("b")
    (inside / "out").symlink_to("..")
    (inside / "loop").symlink_to("loop")
    (tmp_path / "ax").mkdir()
    (inside / "beside").symlink_to(tmp_path / "ax")
    (tmp_path / "named").symlink_to(inside)
    names = ("b", "in", "in/c", "none", "loop", "out", "out/ax", "beside/c", "b/../../ax")
    assert [leads_out(tmp_path / "named" / name, tmp_path / "named") for name in names] == [False] * 5 + [True] * 4


@pytest.mark.parametrize("name", ["config.toml", "resolved.toml", "data.json", "environment.json"])
def test_a_file_outside_is_not_read(record: Record, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    linked(record, name, tmp_path / "secret")
    with pytest.raises(RecordError, match=rf"{name}: leads out of the record by a link, and is not read\. Replace"):
        Record.open(record.path).text(name)
    (record.path / name).unlink()
    (record.path / name).write_text("text", encoding="utf-8")
    assert Record.open(record.path).text(name) == "text"


def test_a_link_within_the_record_and_one_to_the_record_are_followed(record: Record, tmp_path: Path) -> None:
    (record.path / "kept.toml").write_text("# kept\n", encoding="utf-8")
    linked(record, "config.toml", "kept.toml")
    (tmp_path / "elsewhere").symlink_to(record.path)
    assert Record.open(tmp_path / "elsewhere").text("config.toml") == "# kept\n"
    assert len(records(record.path.parent)) == 1


@pytest.mark.parametrize("name", ["models", "models/m", "models/m/fold0/seed1", "models/m/fold0/seed1/task.json"])
def test_tasks_outside_are_not_read(record: Record, tmp_path: Path, name: str) -> None:
    other = tmp_path / "other" / "models" / "m" / "fold0" / "seed1"
    other.mkdir(parents=True)
    (other / "task.json").write_text("{}", encoding="utf-8")
    linked(record, name, tmp_path / "other" / name)
    with pytest.raises(RecordError, match="leads out of the record"):
        record.task_folder("m", 0, 1)
    with pytest.raises(RecordError, match="leads out of the record"):
        list(record.task_files("task.json"))


def test_folders_that_no_run_names_so_are_passed_over(record: Record) -> None:
    for folder in ("foldx/seed0", "fold0/seed²", "fold1/seed2", "fold0/seed"):
        path = record.path / "models" / "m" / folder / "epochs.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text('{"epoch": 0}\n', encoding="utf-8")
    assert record.epochs().to_dict("records") == [{"model": "m", "fold": 1, "seed": 2, "epoch": 0}]


def test_a_manifest_that_is_a_link_is_not_read(record: Record, tmp_path: Path) -> None:
    (record.path / "manifest.jsonl").rename(tmp_path / "manifest.jsonl")
    (record.path / "manifest.jsonl").symlink_to(tmp_path / "manifest.jsonl")
    with pytest.raises(RecordError, match=r"manifest\.jsonl: is a link, and is not read\. Remove it"):
        record.text("config.toml")
