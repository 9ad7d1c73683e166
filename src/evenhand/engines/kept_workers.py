"""Worker processes that wait between two lists of calls, so that imports and devices are started once."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from types import TracebackType

from evenhand.engines.process import Worker

_GRACE_SECONDS = 3.0


class KeptWorkers:
    """Idle workers, each of which is taken again for a place with the environment that it started with.

    A context manager: on leaving, all of them end. As they idle they hold what their imports and their device need,
    but none of the memory of their calls.

    Parameters
    ----------
    release
        "package.module:name" of a function without arguments that gives a worker's memory back; it runs in the
        worker when it begins to idle.
    """

    def __init__(self, release: str) -> None:
        self.release = release
        self._idle: list[Worker] = []

    def __enter__(self) -> KeptWorkers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def put(self, worker: Worker) -> None:
        """Keep a worker that has finished its calls."""
        worker.call = None
        worker.release(self.release)
        self._idle.append(worker)

    def take(self, place: int, threads: int, environment: Mapping[str, str]) -> Worker | None:
        """Return a worker for a place; None if none of the kept ones lives and has its environment."""
        for worker in tuple(self._idle):
            if worker.dead:  # the kernel may have taken its memory
                self._idle.remove(worker)
                worker.end()
            elif worker.suits(environment):
                self._idle.remove(worker)
                worker.place, worker.threads = place, threads
                return worker
        return None

    def end(self) -> None:
        """End all of them, which frees what they hold."""
        idle, self._idle = self._idle, []
        end_workers(idle)


def end_workers(workers: Collection[Worker]) -> None:
    """End workers: by request within a grace period, then by kill, even on a second Ctrl-C."""
    try:
        for worker in workers:
            worker.ask_to_stop()
        # one limit for all, not three seconds each
        until = time.monotonic() + _GRACE_SECONDS
        for worker in workers:
            worker.wait(until - time.monotonic())
    finally:
        for worker in workers:
            worker.end()
