"""Calls run by real worker processes, some of which are really killed."""

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from evenhand.base.errors import Interrupted
from evenhand.engines.call import CallFailure, CallResult, Event
from evenhand.engines.local import run_calls
from evenhand.engines.placement import card_place, deal
from evenhand.engines.schedule import Remedy

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _jobs_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(HERE)


def run(
    function: str, calls: list[dict[str, Any]], workers: int, **options: Any
) -> tuple[list[CallResult], list[Event]]:
    events: list[Event] = []
    results = run_calls(f"jobs:{function}", calls, workers=workers, on_event=events.append, **options)
    return results, events


BOTH = pytest.mark.parametrize("workers", [0, 2])


@BOTH
def test_results_come_in_the_order_of_the_calls(workers: int) -> None:
    results, events = run("add", [{"a": i, "b": 1} for i in range(5)], workers)
    assert [result.value for result in results] == [1, 2, 3, 4, 5]
    assert all(result.failure is None and result.seconds >= 0 for result in results)
    assert sorted(event.call for event in events if event.kind == "started") == list(range(5))
    assert {event.call: event.value for event in events if event.kind == "done"} == dict(enumerate([1, 2, 3, 4, 5]))


@BOTH
def test_no_calls(workers: int) -> None:
    assert run("add", [], workers) == ([], [])


@BOTH
def test_values_are_plain(workers: int) -> None:
    value = {"a": [1, 2.5, None, True, "ü 語 \n"], "b": {"c": {}}}
    (result,), _ = run("echo", [{"value": value}], workers)
    assert result.value == value
    (result,), _ = run("numbers", [{}], workers)
    assert math.isnan(result.value.pop("nan"))
    assert result.value == {"count": 3, "shares": [0.5, 0.25], "path": "a/b"}
    (result,), _ = run("an_object", [{}], workers)
    assert result.failure is not None
    assert "A object is not a plain value" in result.failure.message


def test_a_long_value_passes() -> None:
    value = "x" * 3_000_000
    (result,), _ = run("echo", [{"value": value}], 1)
    assert result.value == value


@BOTH
def test_an_exception_fails_its_own_call_only(workers: int) -> None:
    results, events = run("fail", [{"how": "known"}, {"how": "other"}, {"how": "exit"}, {"how": "known"}], workers)
    failures = [result.failure for result in results]
    assert [failure.type for failure in failures if failure] == [
        "DataError",
        "ZeroDivisionError",
        "SystemExit",
        "DataError",
    ]
    assert [failure.known for failure in failures if failure] == [True, False, False, True]
    assert failures[0] is not None
    assert failures[0].message == "labels.csv: has no rows. Add some."
    assert failures[1] is not None
    assert failures[1].message == "ZeroDivisionError: by hand"
    assert 'raise ZeroDivisionError("by hand")' in failures[1].detail
    assert {event.message for event in events if event.kind == "failed"} >= {
        failures[0].message,
        failures[1].message,
    }


@BOTH
@pytest.mark.parametrize(
    ("function", "call", "message"),
    [
        ("jobs:nothing", {}, "has no attribute 'nothing'"),
        ("no_such_module:add", {}, "No module named"),
        ("jobs:add", {"x": 1}, "unexpected keyword argument"),
    ],
)
def test_a_function_that_is_not_there_or_takes_other_arguments(
    workers: int, function: str, call: Any, message: str
) -> None:
    (result,) = run_calls(function, [call], workers=workers)
    assert result.failure is not None
    assert message in result.failure.message


@BOTH
def test_a_call_tells_its_progress(workers: int) -> None:
    _, events = run("steps", [{"count": 3}], workers)
    assert [event.kind for event in events] == ["started", "progress", "progress", "progress", "done"]
    assert [event.value for event in events if event.kind == "progress"] == [{"step": 0}, {"step": 1}, {"step": 2}]
    assert [event.kind for event in run("from_thread", [{}], workers)[1]] == ["started", "progress", "done"]


def test_workers_are_kept_and_share_the_threads() -> None:
    results, _ = run("environment", [{}] * 6, 2, threads=3)
    assert 1 <= len({result.value["pid"] for result in results}) <= 2
    assert os.getpid() not in {result.value["pid"] for result in results}
    assert all(result.value["threads"] == ["3"] * 3 for result in results)
    assert all(result.value["path"] == sys.path for result in results)


def test_what_the_user_set_for_libraries_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    found = run("environment", [{}], 1)[0][0].value
    assert (found["huge_pages"], found["cublas"]) == ("1", ":4096:8")
    monkeypatch.setenv("THP_MEM_ALLOC_ENABLE", "0")
    assert run("environment", [{}], 1)[0][0].value["huge_pages"] == "0"


def test_each_worker_sees_its_own_card() -> None:
    on = deal([card_place(0, ("3", "GPU-4c1c")), card_place(1, ("3", "GPU-4c1c"))], 1, 2)
    results, _ = run("placed", [{}] * 2, on.workers, places=on.places)
    assert [result.value for result in results] == [["3", "cuda:0"], ["GPU-4c1c", "cuda:1"]]


@pytest.mark.parametrize(
    ("remedy", "how"),
    [("alone", "alone on its device, after the others"), ("fresh", "it is tried again in a new process")],
)
def test_a_call_that_may_succeed_is_tried_again_in_a_new_process(tmp_path: Path, remedy: Remedy, how: str) -> None:
    calls: list[dict[str, Any]] = [{"marker": str(tmp_path / "tries"), "remedy": remedy}]
    calls.append({"marker": str(tmp_path / "other"), "remedy": "", "times": 0})
    results, events = run("fail_first", calls, 1)
    (first, second) = (tmp_path / "tries").read_text().splitlines()
    assert first != second
    assert results[0].value == int(second)
    (said,) = [event.message for event in events if event.kind == "retried"]
    assert said.startswith("cuda:0 is full; ")
    assert how in said
    order = [event.call for event in events if event.kind == "started"]
    assert order == ([0, 0, 1] if remedy == "fresh" else [0, 1, 0])


def test_in_this_process_memory_is_tried_again_and_a_broken_device_is_not(tmp_path: Path) -> None:
    calls = [{"marker": str(tmp_path / name), "remedy": name} for name in ("alone", "fresh")]
    results, events = run("fail_first", calls, 0)
    assert results[0].failure is None
    assert results[1].failure is not None
    assert results[1].failure.message == "cuda:0 is full. Lower it."
    assert [event.message for event in events if event.kind == "retried"] == [
        "cuda:0 is full; it is tried again after the others."
    ]


def test_what_fails_twice_has_failed_in_the_words_of_the_call(tmp_path: Path) -> None:
    (result,), _ = run("fail_first", [{"marker": str(tmp_path / "a"), "remedy": "alone", "times": 9}], 1)
    assert result.failure == CallFailure(
        "RetryableError", "cuda:0 is full. Lower it.", "a traceback", True, "alone", "cuda:0 is full"
    )
    assert len((tmp_path / "a").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("number", "guess"), [(9, "out of memory?"), (11, "a crash in compiled code"), (15, "SIGTERM")]
)
def test_a_call_whose_worker_dies_is_tried_once_more(tmp_path: Path, number: int, guess: str) -> None:
    calls = [{"marker": str(tmp_path / "deaths"), "times": 1, "number": number}]
    results, events = run("die", calls, 1)
    assert results[0].value == "survived"
    assert [event.kind for event in events] == ["started", "retried", "started", "done"]
    assert events[1].message.startswith(f"A worker died with signal {number} (")
    assert guess in events[1].message
    pids = (tmp_path / "deaths").read_text().splitlines()
    assert len(set(pids)) == 2


def test_a_call_whose_worker_dies_twice_has_failed_and_is_named(tmp_path: Path) -> None:
    deadly = {"marker": str(tmp_path / "deaths"), "times": 99}
    harmless = {"marker": str(tmp_path / "none"), "times": 0}
    results, events = run("die", [deadly, harmless, harmless], 2)
    assert [result.value for result in results[1:]] == ["survived", "survived"]
    failure = results[0].failure
    assert failure is not None
    assert failure.type == "WorkerDied"
    assert failure.message == (
        f"A worker died with signal 9 (SIGKILL; out of memory?) while running marker={tmp_path / 'deaths'}, "
        "times=99, for the second time."
    )
    assert "last words" in failure.detail
    assert [event.kind for event in events if event.call == 0] == ["started", "retried", "started", "failed"]


def test_a_crash_says_where_and_an_exit_says_how() -> None:
    (crashed,), _ = run("crash", [{}], 1)
    assert crashed.failure is not None
    assert "SIGSEGV" in crashed.failure.message
    assert "in crash" in crashed.failure.detail
    (left,), _ = run("leave", [{"code": 7}], 1)
    assert left.failure is not None
    assert "ended itself with exit code 7" in left.failure.message


@pytest.mark.slow
def test_a_death_is_noticed_even_if_a_child_holds_the_socket() -> None:
    start = time.monotonic()
    (result,), _ = run("die_with_child", [{}], 1)
    assert result.failure is not None
    assert time.monotonic() - start < 20


PARENT = """
import signal
import sys
sys.path.insert(0, {here!r})
from evenhand.base.errors import Interrupted
from evenhand.engines.local import run_calls

signal.signal(signal.SIGINT, signal.default_int_handler)  # what is begun in the background ignores it
if __name__ != "__main__":
    raise SystemExit("workers must not run the script again")
try:
    run_calls("jobs:{function}", [{call!r}] * 2, workers=2)
except Interrupted as error:
    print(error, flush=True)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return a function that starts a parent of two workers and waits until both are at work."""
    parents = []

    def begin(function: str, **options: Any) -> subprocess.Popen[str]:
        script = tmp_path / "parent.py"
        script.write_text(
            PARENT.format(here=str(HERE), function=function, call={"pids": str(tmp_path / "pids"), **options})
        )
        parents.append(subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True))
        lines = 4 if function == "sleep" else 1
        wait_until(lambda: len(pids(tmp_path)) >= lines)
        return parents[-1]

    yield begin
    for parent in parents:
        parent.kill()
        parent.communicate()


def pids(tmp_path: Path) -> list[int]:
    file = tmp_path / "pids"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> float:
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, "waited in vain"
        time.sleep(0.02)
    return time.monotonic() - start


def gone(numbers: list[int]) -> bool:
    """Whether none of the processes lives (one that nobody has reaped is dead)."""
    return not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in numbers)


@pytest.mark.slow
@pytest.mark.parametrize(("stubborn", "child"), [(False, False), (True, False), (False, True)])
def test_an_interrupt_ends_the_workers_and_what_they_started(
    tmp_path: Path, start: Callable[..., subprocess.Popen[str]], stubborn: bool, child: bool
) -> None:
    parent = start("sleep", stubborn=stubborn, child=child)
    parent.send_signal(signal.SIGINT)
    out, _ = parent.communicate(timeout=20)
    assert out == "Stopped with 0 of 2 tasks done. Finished work is kept; run the same command again to resume.\n"
    assert parent.returncode == 0
    assert wait_until(lambda: gone(pids(tmp_path))) < 1
    assert len(list(tmp_path.glob("*.tidy*"))) == (0 if stubborn else 2), "a call can tidy up"


@pytest.mark.slow
@pytest.mark.parametrize("function", ["sleep", "hold_the_lock_of_python"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_die_with_their_parent(
    tmp_path: Path, start: Callable[..., subprocess.Popen[str]], function: str, number: int
) -> None:
    parent = start(function)
    parent.send_signal(number)
    parent.wait(10)
    assert wait_until(lambda: gone(pids(tmp_path))) < 2


def test_an_interrupt_while_running_here_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(event: Event) -> None:
        if event.kind == "done":
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="Stopped with 1 of 3 tasks done"):
        run_calls("jobs:add", [{"a": 1}] * 3, workers=0, on_event=interrupt)


def test_an_error_of_the_listener_ends_the_workers() -> None:
    def refuse(event: Event) -> None:
        raise RuntimeError("no more events")

    before = {child.pid for child in psutil.Process().children()}
    with pytest.raises(RuntimeError, match="no more events"):
        run_calls("jobs:add", [{"a": 1}] * 3, workers=2, on_event=refuse)
    assert {child.pid for child in psutil.Process().children()} == before
