"""Several processes at one store: killed, racing, waiting. All of them real."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from evenhand.base.errors import StoreError
from evenhand.data.store.locks import lock_exclusive, lock_shared, try_lock
from evenhand.data.store.store import Store

BUILD = """
import sys, time
import numpy as np
from pathlib import Path
from evenhand.data.store.store import Store
folder, log, seconds = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
def make(position):
    with log.open("a") as file:
        file.write(f"{position}\\n")
    time.sleep(seconds)
    return {"x": np.full(1000, position)}
entry = Store(folder).rows({"kind": "test"}, [str(i) for i in range(20)], make)
assert all((entry["x"][i] == i).all() for i in range(20))
print("built", flush=True)
if len(sys.argv) > 4:
    array = np.asarray(entry["x"])[3:]
    del entry
    time.sleep(600)
"""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts a process which needs an entry of 20 rows; ends them all afterwards."""
    started = []

    def begin(seconds: float, *more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", BUILD, str(tmp_path / "store"), str(tmp_path / "log"), str(seconds), *more]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def rows_made(tmp_path: Path) -> int:
    log = tmp_path / "log"
    return len(log.read_text().splitlines()) if log.exists() else 0


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def here(tmp_path: Path, kind: str = "test") -> np.ndarray:
    store = Store(tmp_path / "store")
    entry = store.rows({"kind": kind}, [str(i) for i in range(20)], lambda i: {"x": np.full(1000, i)})
    return np.asarray(entry["x"])


@pytest.mark.slow
@pytest.mark.parametrize("rows_before", [1, 7, 19])
def test_a_killed_build_leaves_nothing_visible_and_blocks_nobody(
    tmp_path: Path, start: Start, rows_before: int
) -> None:
    process = start(0.05)
    wait_for(lambda: rows_made(tmp_path) >= rows_before)
    process.send_signal(signal.SIGKILL)
    process.wait()
    store = tmp_path / "store"
    assert list((store / "building").iterdir()), "it was killed half-way"
    assert len(Store(store).usage()) == 0
    here(tmp_path, "another")  # another entry's build takes the leftovers away
    assert not list((store / "building").iterdir())
    assert (here(tmp_path)[:, 0] == np.arange(20)).all()


@pytest.mark.slow
def test_of_two_processes_one_builds_and_the_other_waits(tmp_path: Path, start: Start) -> None:
    processes = [start(0.03), start(0.03)]
    assert [process.communicate(timeout=60)[0] for process in processes] == ["built\n", "built\n"]
    assert rows_made(tmp_path) == 20


@pytest.mark.slow
def test_who_waits_builds_when_the_builder_is_killed(tmp_path: Path, start: Start) -> None:
    builder = start(0.1)
    wait_for(lambda: rows_made(tmp_path) >= 2)
    waiting = start(0.0)
    time.sleep(1.0)
    before = rows_made(tmp_path)
    builder.kill()
    assert waiting.communicate(timeout=60)[0] == "built\n"
    assert before < 20 <= rows_made(tmp_path)


@pytest.mark.slow
def test_an_entry_in_use_by_another_process_stays_until_that_ends(tmp_path: Path, start: Start) -> None:
    process = start(0.0, "hold")
    assert process.stdout is not None
    assert process.stdout.readline() == "built\n"
    store = Store(tmp_path / "store")
    assert store.usage()["in_use"].tolist() == [True]
    assert (store.clear().entries, store.clear().in_use) == (0, 1)
    process.kill()
    process.wait()
    assert store.usage()["in_use"].tolist() == [False]
    cleared = store.clear()
    assert (cleared.entries, cleared.in_use) == (1, 0)
    assert cleared.bytes > 20 * 8000


def test_an_entry_is_in_use_until_the_last_view_is_forgotten(tmp_path: Path) -> None:
    view = here(tmp_path)[3:5]
    store = Store(tmp_path / "store")
    assert store.clear().in_use == 1
    assert view[0, 0] == 3
    del view
    assert store.clear().entries == 1


def test_a_description_tells_what_an_entry_is(tmp_path: Path) -> None:
    here(tmp_path)
    (path,) = (tmp_path / "store").glob("entries/*/entry.json")
    about = json.loads(path.read_text())
    assert (about["what"], about["key"], about["rows"]) == ("rows", {"kind": "test"}, 20)
    assert about["bytes"] == sum(file.stat().st_size for file in path.parent.glob("*.npy"))


def test_locks_are_shared_or_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    assert lock_shared(path) is None
    assert try_lock(path) is None
    alone = lock_exclusive(path)
    assert try_lock(path) is None
    alone.release()
    first, second = lock_shared(path), lock_shared(path)
    assert first is not None
    assert second is not None
    assert try_lock(path) is None
    first.release()
    second.release()
    assert try_lock(path) is not None


def test_a_lock_on_a_removed_file_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.lock"
    path.touch()
    real = fcntl.flock

    def removed_meanwhile(descriptor: int, how: int) -> None:
        path.unlink(missing_ok=True)
        real(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", removed_meanwhile)
    assert lock_shared(path) is None


def test_a_file_system_without_locks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StoreError, match=r"does not support locks.*Set compute.store to a folder on a local disk"):
        here(tmp_path)
