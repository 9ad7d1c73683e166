"""Calls in processes that are ended when they take too long or ask for too much."""

import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from evenhand.engines import isolated
from evenhand.engines.isolated import IsolatedCallError, IsolatedCalls

HERE = Path(__file__).parent
MIB = 1 << 20


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[IsolatedCalls]:
    monkeypatch.syspath_prepend(HERE)
    made = IsolatedCalls(processes=1, idle=0.2)
    yield made
    made.close()


def test_a_value_comes_back_and_the_process_is_used_again(calls: IsolatedCalls) -> None:
    first = calls.call("jobs:environment", {}, seconds=20, memory=256 * MIB)
    second = calls.call("jobs:environment", {}, seconds=20, memory=256 * MIB)
    assert first["pid"] == second["pid"] != os.getpid()


def test_what_a_function_raises_comes_back_in_its_words(calls: IsolatedCalls) -> None:
    with pytest.raises(IsolatedCallError, match="labels.csv: has no rows") as caught:
        calls.call("jobs:fail", {"how": "known"}, seconds=20, memory=256 * MIB)
    assert caught.value.failure is not None
    assert caught.value.failure.type == "DataError"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_not_taken_for_a_damaged_file(calls: IsolatedCalls) -> None:
    with pytest.raises(OSError, match="No space left") as caught:
        calls.call("jobs:fill_the_disk", {}, seconds=20, memory=256 * MIB)
    assert caught.value.filename == tempfile.gettempdir()


def test_an_endless_loop_is_ended_and_the_next_call_gets_a_new_process(calls: IsolatedCalls) -> None:
    with pytest.raises(IsolatedCallError, match="given up after 1 s of CPU time"):
        calls.call("jobs:loop_for_ever", {}, seconds=1, memory=256 * MIB)
    assert calls.call("jobs:add", {"a": 1, "b": 2}, seconds=20, memory=256 * MIB) == 3


def test_one_that_waits_for_ever_is_ended_by_the_clock(
    calls: IsolatedCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls.call("jobs:add", {"a": 1}, seconds=20, memory=256 * MIB)  # started
    monkeypatch.setattr(isolated, "WALL_CLOCK_FACTOR", 0.2)
    with pytest.raises(IsolatedCallError, match=r"given up after 0\.4 s$"):
        calls.call("jobs:wait_for_ever", {}, seconds=2, memory=256 * MIB)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is resource_limits on Linux")
def test_one_that_asks_for_too_much_memory_is_refused_it_and_goes_on(calls: IsolatedCalls) -> None:
    with pytest.raises(IsolatedCallError, match="more than 64 MiB of memory are needed"):
        calls.call("jobs:hold", {"size": 256 * MIB}, seconds=20, memory=64 * MIB)
    assert calls.call("jobs:hold", {"size": 256 * MIB}, seconds=20, memory=512 * MIB) == 256 * MIB


def test_processes_outlive_the_thread_that_asked_first(calls: IsolatedCalls) -> None:
    found: list[int] = []

    def ask() -> None:
        found.append(calls.call("jobs:environment", {}, seconds=20, memory=256 * MIB)["pid"])

    for _ in range(2):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert found[0] == found[1]
