"""A disk that refuses, and a kill, in every command that writes: no half-written file; the command works after."""

from __future__ import annotations

import errno
import json
import os
import random
from pathlib import Path

import pytest

from .client import Commands
from .runs import Runs, spread
from .verbs import VERBS, Ground

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("interruptions")]
FULL = os.environ.get("EVENHAND_TESTS") == "full"
ERRORS = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EACCES, errno.EROFS, 0)
"""0 kills."""
CASES = 18 if FULL else 1


@pytest.fixture(scope="session")
def ground(runs: Runs, commands: Commands) -> Ground:
    if commands.library is None:
        pytest.skip("no compiler of C is here, which the failing disk needs")
    return Ground(runs)


@pytest.fixture(scope="session")
def sound(ground: Ground) -> dict[str, tuple[int, dict[str, str]]]:
    """Return verb -> operations on files, and the files written, where nothing fails; filled by need."""
    return {}


def _sound(name: str, ground: Ground, sound: dict[str, tuple[int, dict[str, str]]]) -> tuple[int, dict[str, str]]:
    if name not in sound:
        with ground.fresh():
            done = ground.call(name)
            assert not done.faults, done.err
            assert done.code in (0, 1), done.err
            sound[name] = done.operations, ground.written(name)
    return sound[name]


@pytest.mark.parametrize("number", range(CASES))
@pytest.mark.parametrize("name", VERBS)
def test_a_disk_that_refuses(
    ground: Ground, sound: dict[str, tuple[int, dict[str, str]]], name: str, number: int
) -> None:
    operations, written = _sound(name, ground, sound)
    assert bool(operations) == bool(VERBS[name].written), "doctor and verify write nothing, the others do"
    if not operations:
        return
    place = number if FULL else list(VERBS).index(name)
    error, chance = ERRORS[place % len(ERRORS)], random.Random(place)
    operation = 1 + int(spread(place) * operations)
    with ground.fresh():
        before = ground.written(name)
        first = ground.call(name, operation=operation, error=error, lasting=chance.random() < 0.7)
        what = f"{name}: operation {operation} of {operations}, {errno.errorcode.get(error, 'kill')}"
        assert not first.faults, f"{what}: {first.out[-500:]}{first.err}"
        for file, content in ground.written(name).items():
            whole = content in (before.get(file), written.get(file)) or complete(ground.work / file)
            assert whole, f"{what}: {file} is half written"
        again = ground.call(name)
        if again.code == 2 and "--force" in again.err:
            assert first.code in (0, 1, -9), f"{what}: {again.err}"
        else:
            assert not again.faults, f"{what}: {again.out[-500:]}{again.err}"
            assert again.code in (0, 1), f"{what}: {again.err}"
        assert set(ground.written(name)) == set(written), what
        for file, content in ground.written(name).items():
            assert content == written[file] or complete(ground.work / file), f"{what}: {file}"
        assert not ground.torn(), what


def complete(path: Path) -> bool:
    """Whether a file whose content depends on the time has its end."""
    text = path.read_text("utf-8", "replace").rstrip()
    if path.suffix == ".json":
        return isinstance(json.loads(text), dict | list)
    return (path.suffix == ".html" and text.endswith("</html>")) or (path.suffix == ".md" and "record" in text)
