"""Disks that fill up anywhere in a run: once there is room, the same command ends with the same bits."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from .client import Commands, Ended
from .runs import CONFIGURATIONS, Runs, spread

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("interruptions")]
FULL = os.environ.get("EVENHAND_TESTS") == "full"
SIZES = 200 if FULL else 4
ROOM = "64m"


def _mount(runs: Runs, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(runs.disk)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def limited(runs: Runs) -> Iterator[bool]:
    """Mount a disk in memory for the runs; False where that is not allowed."""
    mounted = shutil.which("mount") is not None and os.geteuid() == 0 and _mount(runs, f"size={ROOM}")
    yield mounted
    if mounted:
        subprocess.run(["umount", "-l", str(runs.disk)], check=True)


def starved(runs: Runs, commands: Commands, name: str, share: float, limited: bool) -> Ended:
    """Run on a disk with a share of the room, or the operations, that the whole run needs."""
    if not limited:
        if commands.library is None:
            pytest.skip("only root may mount a small disk, and no compiler of C is here for another way")
        operation = max(1, int(share * runs.operations(name)))
        return commands.call(
            *runs.arguments(name), below=runs.disk, operation=operation, error=errno.ENOSPC, lasting=True
        )
    size = int(share * runs.size(name)) >> 12 << 12
    assert _mount(runs, f"remount,size={max(size, 4096)}"), "in use is more than the size"
    done = commands.call(*runs.arguments(name))
    assert _mount(runs, f"remount,size={ROOM}")
    return done


@pytest.mark.parametrize("number", range(SIZES))
def test_a_run_goes_on_once_there_is_room(runs: Runs, commands: Commands, limited: bool, number: int) -> None:
    name = list(CONFIGURATIONS)[number % len(CONFIGURATIONS)]
    share = spread(number)
    runs.expected(name)
    runs.clear()
    first = starved(runs, commands, name, share, limited)
    assert not first.faults, first.out[-500:] + first.err
    assert first.code in (0, 1, 2)
    if first.code == 2:
        assert "space" in first.err or "room" in first.err, first.err
    second = commands.call(*runs.arguments(name))
    assert not second.faults
    assert second.code in (0, 1), second.err
    assert runs.left() == runs.expected(name)
    assert [path for path in (runs.disk / "runs").iterdir() if path.name.startswith(".")] == []
