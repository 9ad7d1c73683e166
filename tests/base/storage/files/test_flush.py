from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenhand.base.storage.files.flush import flush_folder


def test_a_file_system_that_does_not_flush_folders_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def refused(file: int) -> None:
        asked.append(file)
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "fsync", refused)
    flush_folder(tmp_path)
    assert len(asked) == 1
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(asked[0])  # it is closed
