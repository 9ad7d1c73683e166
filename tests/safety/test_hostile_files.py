"""Files made to do harm: nothing is read, written, deleted or started but what docs/safety.md allows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import evenhand

pytestmark = pytest.mark.slow

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Return what came of every command, all run in one process: imports are most of the cost."""
    folder = tmp_path_factory.mktemp("hostile")
    own = folder / "own"
    (own / "tmp").mkdir(parents=True)
    # torch writes the last one into the environment of a process, and so of the tests that ran before
    folders = ("TMPDIR", "MPLCONFIGDIR", "HOME", "XDG_CACHE_HOME", "TORCHINDUCTOR_CACHE_DIR")
    places = dict.fromkeys(folders, str(own / "tmp"))
    path = os.pathsep.join([str(Path(evenhand.__file__).parents[1]), str(TESTS)])
    environment = {**os.environ, **places, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "safety.watched_child", str(folder)],
        env=environment, cwd=folder, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not list(folder.rglob("ran")), "a command of a stranger ran"
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_watch_notices(watched: list[dict[str, Any]]) -> None:
    faults = [" ".join(ended["faults"]) for ended in watched if ended["name"] == "the watch"]
    for event, found in zip(
        (
            "open",
            "read",
            "os.remove",
            "changed",
            "subprocess.Popen",
            "pickle.find_class",
            "os.system",
            "import evil",
        ),
        faults,
        strict=True,
    ):
        assert event in found


def test_hostile_files_do_nothing(watched: list[dict[str, Any]]) -> None:
    seen = [ended for ended in watched if ended["name"] != "the watch"]
    faults = [f"{ended['name']}: {ended['line']}: {fault}" for ended in seen for fault in ended["faults"]]
    assert not faults, "\n".join(faults)
    assert len(seen) > 100
