"""Every command on damaged files ends with a sentence: a sample of the cases of `benchmarks/damage.py`."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .commands import COMMANDS

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).resolve().parents[2] / "benchmarks" / "damage.py"
CHEAP = ("evaluate", "evaluate-table", "runs", "runs-rank", "doctor", "compare-tables", "journal", "cache", "init")
"""Commands that end in a second; the others are in the sample of EVENHAND_TESTS=full."""


def test_damaged_files_end_in_sentences(tmp_path: Path, size: Callable[[int, int], int]) -> None:
    # In a process of its own: a fork of one that has computed on several threads may wait for them forever.
    commands, cases = (tuple(COMMANDS), 2000) if size(0, 1) else (CHEAP, 90)
    line = [sys.executable, str(PROGRAM), "--slots", "1", "--cases", str(cases), "--folder", str(tmp_path)]
    done = subprocess.run(
        [*line, "--commands", *commands], capture_output=True, text=True, timeout=7200, check=False
    )
    assert not done.returncode, done.stderr
    *faults, counts = done.stdout.splitlines()
    assert not faults, "\n".join(["repeat with: python benchmarks/damage.py --case CASE", *faults])
    assert json.loads(counts)["cases"] == cases
