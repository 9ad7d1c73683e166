from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenhand.review.apply.journal import FILE, Journal
from evenhand.review.apply.steps import MakeFolder


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
