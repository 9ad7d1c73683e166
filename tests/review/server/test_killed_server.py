"""A server that is killed or suspended: what it answered is there, and what it did not can be sent again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from evenhand.base.seeds import generator
from evenhand.review.log.live_review import LiveReview
from evenhand.review.log.log_file import DecisionLog
from evenhand.review.rows.from_config import from_config

Start = Callable[[], "Served"]
KINDS = ("keep", "trash", "unsure")
Body = dict[str, str]


class Served:
    """A server in a process of its own."""

    def __init__(self, pid: int, address: str) -> None:
        self.pid, self.address = pid, address
        self.base = address.partition("/?")[0]

    def tab(self, timeout: float = 10) -> httpx.Client:
        """Return a browser in which the address was opened."""
        client = httpx.Client(base_url=self.base, headers={"Origin": self.base}, timeout=timeout)
        client.get(self.address).raise_for_status()
        return client


@pytest.fixture(scope="module")
def forker(toml: Path) -> Iterator[subprocess.Popen[str]]:
    """Return a process that forks servers, so that each need not import everything anew."""
    command = [sys.executable, str(Path(__file__).with_name("forking_server.py")), str(toml)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.fixture
def start(forker: subprocess.Popen[str], tmp_path: Path) -> Iterator[Start]:
    running: list[int] = []

    def begin() -> Served:
        assert forker.stdin is not None
        assert forker.stdout is not None
        forker.stdin.write(f"{tmp_path / 'review'}\n")
        forker.stdin.flush()
        pid, address = forker.stdout.readline().split()
        running[:] = [int(pid)]
        return Served(int(pid), address)

    yield begin
    for pid in running:
        with_kill(pid)


def with_kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


class Tab(threading.Thread):
    """A tab that decides until the server is gone: first what was not answered before, with the same event."""

    def __init__(self, served: Served, rows: list[str], again: Body | None, seed: int) -> None:
        super().__init__()
        self._client, self._rows, self._rng = served.tab(), rows, generator("tab", seed)
        self.answered: list[Body] = []
        self.open = again

    def run(self) -> None:
        with contextlib.closing(self._client):
            while True:
                row, kind = self._rows[self._rng.integers(len(self._rows))], KINDS[self._rng.integers(3)]
                self.open = self.open or {"event": uuid.uuid4().hex, "kind": kind, "row": row}
                try:
                    answer = self._client.post("/api/decisions", json=self.open)
                except httpx.TransportError:
                    return
                assert answer.status_code == 200, answer.text
                self.answered.append(self.open)
                self.open = None


@pytest.mark.slow
def test_a_server_killed_at_any_moment_loses_nothing_that_it_answered(
    start: Start, toml: Path, tmp_path: Path, size: Callable[[int, int], int]
) -> None:
    rows = [str(row) for row in from_config(toml).ids]
    halves, unanswered = (rows[::2], rows[1::2]), [None, None]
    answered: list[list[Body]] = [[], []]
    rng = generator("kills")
    for number in range(size(5, 50)):
        served = start()
        tabs = [
            Tab(served, half, again, 2 * number + place)
            for place, (half, again) in enumerate(zip(halves, unanswered, strict=True))
        ]
        for tab in tabs:
            tab.start()
        some = rng.integers(10)
        while sum(len(tab.answered) for tab in tabs) < some:
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.02))
        os.kill(served.pid, signal.SIGKILL)
        for place, tab in enumerate(tabs):
            tab.join()
            answered[place] += tab.answered
            unanswered[place] = tab.open
    log = tmp_path / "review" / "decisions.jsonl"
    written = [event.event for event in DecisionLog(log).events()[0]]
    done = [body["event"] for each in answered for body in each]
    assert len(done) >= size(5, 50)
    assert sorted(written) == sorted(set(written))
    assert set(done) <= set(written)
    # nothing more than the decisions that were on their way at the last kill
    assert set(written) - set(done) <= {body["event"] for body in unanswered if body is not None}
    state, sent = LiveReview(log).state, [body["event"] for body in unanswered if body is not None]
    for each in answered:
        for row, kind in {body["row"]: body["kind"] for body in each}.items():
            found = state.of("ada", row)
            assert found is not None
            assert found.kind == kind or found.event in sent


@pytest.mark.slow
def test_a_suspended_server_takes_what_was_sent_meanwhile_once_and_in_order(
    start: Start, toml: Path, tmp_path: Path
) -> None:
    rows = [str(row) for row in from_config(toml).ids]
    served = start()
    os.kill(served.pid, signal.SIGSTOP)  # the lid is closed
    bodies = [{"event": uuid.uuid4().hex, "kind": "trash", "row": row} for row in rows[:3]]
    with httpx.Client(base_url=served.base, headers={"Origin": served.base}, timeout=0.3) as away:
        for _ in range(3):  # connections are taken by the kernel, and nobody answers
            with pytest.raises(httpx.TimeoutException):
                away.get(served.address)
    os.kill(served.pid, signal.SIGCONT)
    with contextlib.closing(served.tab()) as tab:
        tab.post("/api/decisions", json=bodies[0]).raise_for_status()
        os.kill(served.pid, signal.SIGSTOP)
        for _ in range(3):
            with pytest.raises(httpx.TimeoutException):
                tab.post("/api/decisions", json=bodies[1], timeout=0.3)
        os.kill(served.pid, signal.SIGCONT)
        for body in bodies[1:]:  # as the page does: the same event, until it is answered
            tab.post("/api/decisions", json=body).raise_for_status()
        assert tab.get("/api/session").json()["counts"]["decided"] == 3
    written = [event.event for event in DecisionLog(tmp_path / "review" / "decisions.jsonl").events()[0]]
    assert written == [body["event"] for body in bodies]
