from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenhand.base.errors import DataError
from evenhand.data.roots.content_hash import content_hash
from evenhand.review.apply.journal import FILE, Journal
from evenhand.review.apply.steps import MakeFolder, ReplaceTable


def test_file_and_folders_of_a_journal_are_on_disk_before_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[Path] = []
    monkeypatch.setattr(os, "fsync", lambda file: flushed.append(Path(f"/proc/self/fd/{file}").readlink()))
    journal = Journal(tmp_path / "session" / "applied" / "0001")
    journal.folder.mkdir(parents=True)
    journal.begin([MakeFolder(str(tmp_path / "new"))], "digest")
    assert flushed == [journal.folder / FILE, journal.folder, journal.folder.parent, journal.folder.parent.parent]
    assert (journal.state, journal.rows) == ("doing", "digest")


@pytest.mark.parametrize(
    "line",
    [
        "null", "{}", '{"plan": 1, "rows": ""}', '{"plan": [{"step": "folder"}], "rows": ""}',
        '{"plan": [{"step": "folder", "path": 1}], "rows": ""}', '{"plan": [{"step": "none"}], "rows": ""}',
        '{"plan": [], "rows": ""}\n{"state": "finishee"}', '{"plan": [], "rows": ""}\n{"do": "1"}',
        '{"plan": [], "rows": ""}\n{"stbte": "finished"}', '{"plan": [], "rows": ""}\n[1]', "[" * 100_000 + "\n{}",
    ],
)  # fmt: skip
def test_a_damaged_line_is_named_and_nothing_is_done(tmp_path: Path, line: str) -> None:
    (tmp_path / FILE).write_text(f"{line}\n")
    with pytest.raises(
        DataError, match=r"line \d is damaged\. What was changed is not known, and nothing was done"
    ):
        _ = Journal(tmp_path).state


def test_a_journal_that_is_no_file_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE)
    with pytest.raises(DataError, match="named pipe"):
        _ = Journal(tmp_path).state


@pytest.mark.parametrize("done", [False, True])
def test_a_damaged_copy_of_the_table_is_not_put_in_place(tmp_path: Path, done: bool) -> None:
    table, *copies = (tmp_path / name for name in ("table", "before", "after"))
    for path in (table, *copies):
        path.write_text(path.name)
    hashes = [content_hash(path.name.encode()) for path in copies]
    table.write_text("after" if done else "before")
    step = ReplaceTable(str(table), *map(str, copies), *hashes)
    assert step.fault(done=done) is None
    damaged = copies[0 if done else 1]
    damaged.write_text("damagee")
    assert step.fault(done=done) == f"{damaged}: this copy of the table is damaged."
    with pytest.raises(DataError, match="this copy of the table is damaged"):
        (step.undo if done else step.do)()
    assert table.read_text() == ("after" if done else "before")
    damaged.unlink()
    assert "cannot be read" in str(step.fault(done=done))
