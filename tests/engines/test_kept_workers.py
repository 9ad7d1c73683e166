"""Workers that are kept between lists of calls: real processes, some of which die meanwhile."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from evenhand.base.errors import Interrupted
from evenhand.engines.call import CallResult, Event
from evenhand.engines.kept_workers import KeptWorkers
from evenhand.engines.local import run_calls
from evenhand.engines.placement import card_place

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _no_process_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(HERE)
    before = children()
    yield
    assert children() == before, "not even one that nobody has reaped"


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


def run(kept: KeptWorkers, function: str, calls: Any = ({},), workers: int = 1, **options: Any) -> list[CallResult]:
    return run_calls(f"jobs:{function}", calls, workers=workers, kept=kept, **{"threads": 1, **options})


def value(results: list[CallResult]) -> Any:
    (result,) = results
    assert result.failure is None, result.failure
    return result.value


def test_a_worker_is_used_again_with_other_threads_and_without_the_memory_of_its_calls() -> None:
    with KeptWorkers("jobs:release") as kept:
        first = value(run(kept, "hoard", threads=2))
        then = value(run(kept, "threads_now", threads=1))
        assert then == {"pid": first, "hoard": 0, "variable": "1", "pools": [1]}
        assert value(run(kept, "threads_now", threads=3))["pools"] == [3]
        pids = {result.value for result in run(kept, "hoard", [{}] * 2, workers=2)}
        assert first in pids


def test_a_place_with_another_environment_gets_a_worker_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    cards = [card_place(index, None) for index in range(2)]
    with KeptWorkers("jobs:release") as kept:
        first = value(run(kept, "hoard", places=cards[:1]))
        assert value(run(kept, "placed", places=cards[1:])) == ["1", "cuda:1"]
        assert value(run(kept, "hoard", places=cards[:1])) == first
        monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
        assert value(run(kept, "environment", places=cards[:1]))["cublas"] == ":16:8"


def test_a_worker_that_died_or_cannot_give_back_its_memory_is_replaced() -> None:
    with KeptWorkers("jobs:release") as kept:
        first = value(run(kept, "hoard"))
        os.kill(first, signal.SIGKILL)
        psutil.Process(first).wait(5)
        assert value(run(kept, "hoard")) != first
    with KeptWorkers("jobs:refuse_to_release") as kept:
        first = value(run(kept, "hoard"))
        with contextlib.suppress(psutil.NoSuchProcess):  # gone already
            psutil.Process(first).wait(5)
        assert value(run(kept, "hoard")) != first


@pytest.mark.parametrize("remedy", ["alone", "fresh"])
def test_a_call_that_is_tried_again_has_the_machine_without_idle_workers(tmp_path: Path, remedy: str) -> None:
    with KeptWorkers("jobs:release") as kept:
        idle = {result.value for result in run(kept, "hoard", [{}] * 2, workers=2)}
        taken = value(run(kept, "fail_first", [{"marker": str(tmp_path / "a"), "remedy": remedy}]))
        assert taken not in idle
        assert {child.pid for child in psutil.Process().children()} >= {taken}
        assert not children() & idle


def test_the_last_worker_that_has_no_more_calls_does_not_hold_memory_of_one_that_is_tried_again(
    tmp_path: Path,
) -> None:
    events: list[Event] = []
    calls = [
        {"marker": str(tmp_path / name), "remedy": "alone", "times": times} for name, times in (("a", 1), ("b", 0))
    ]
    with KeptWorkers("jobs:release") as kept:
        first, second = run(kept, "fail_first", calls, workers=2, on_event=events.append)
        assert [event.kind for event in events].count("retried") == 1
        assert first.value != second.value
        assert second.value not in children()


def test_an_error_and_an_interrupt_end_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Interrupted), KeptWorkers("jobs:release") as kept:
        run(kept, "hoard", [{}] * 2, workers=2)
        run(kept, "hoard", on_event=interrupt)
    with pytest.raises(RuntimeError, match="elsewhere"), KeptWorkers("jobs:release") as kept:
        run(kept, "hoard")
        raise RuntimeError("elsewhere")


def test_without_workers_nothing_is_kept() -> None:
    with KeptWorkers("jobs:release") as kept:
        assert value(run(kept, "add", [{"a": 1}], workers=0)) == 1
