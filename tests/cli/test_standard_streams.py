"""Output that nobody reads, that does not fit, or that the shell closed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = [["--help"], ["keys", "--help"], ["keys"], ["--version"]]
ended = pytest.mark.parametrize("command", COMMANDS, ids=" ".join)


def shell(line: str, command: list[str], **how: object) -> subprocess.CompletedProcess[str]:
    """Run `evenhand COMMAND` within a line of the shell, as "$@"."""
    words = [sys.executable, "-m", "evenhand", *command]
    return subprocess.run(["bash", "-c", line, "bash", *words], capture_output=True, text=True, check=False, **how)  # type: ignore[call-overload]


@ended
def test_a_reader_that_goes_away_is_no_error(command: list[str]) -> None:
    done = shell('"$@" | true; exit ${PIPESTATUS[0]}', command)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@ended
def test_a_full_disk_is_one_sentence(command: list[str]) -> None:
    done = shell('"$@" > /dev/full', command)
    assert done.returncode == 2
    assert "disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") <= 2


@ended
def test_closed_streams_go_nowhere(command: list[str]) -> None:
    done = shell('"$@" >&- 2>&-', command)
    assert done.returncode == 0


def test_a_file_does_not_get_the_number_of_a_closed_stream(tmp_path: Path) -> None:
    code = (
        "import os\nfrom evenhand.cli.standard_streams import open_closed_streams\nopen_closed_streams()\n"
        f"print('lost')\nassert os.open({str(tmp_path / 'a')!r}, os.O_CREAT | os.O_WRONLY) > 2"
    )
    done = subprocess.run(["bash", "-c", '"$@" <&- >&- 2>&-', "bash", sys.executable, "-c", code], check=False)
    assert done.returncode == 0
    assert (tmp_path / "a").read_bytes() == b""
