"""Calls run by worker processes on this machine."""

from __future__ import annotations

import selectors
import time
from collections import Counter, deque
from collections.abc import Sequence
from types import TracebackType
from typing import Any, cast

from evenhand.base.cores import thread_share
from evenhand.base.errors import Interrupted
from evenhand.engines.call import Call, CallFailure, CallResult, Event, OnEvent, describe, perform
from evenhand.engines.process import Worker

_MAX_TRIES = 2
_GRACE_SECONDS = 3.0
_POLL_SECONDS = 1.0


def run_calls(
    function: str,
    calls: Sequence[Call],
    *,
    workers: int,
    threads: int | None = None,
    on_event: OnEvent | None = None,
) -> list[CallResult]:
    """Return the result of each call, in their order.

    A call that raises does not stop the others. A call whose worker dies is retried once on a new worker. On Ctrl-C
    the workers are interrupted, and killed if they do not end within 3 seconds; if this process is killed, they die
    with it.

    Parameters
    ----------
    function
        "package.module:name"; importable by a new interpreter. If it has a parameter `progress`, it gets a function
        that sends a plain value to `on_event`.
    calls
        Keyword arguments of each call, plain values only.
    workers
        Processes; no more are started than there are calls. 0 runs the calls in this process.
    threads
        Threads of each worker's numerical libraries; None for its share of the cores.
    on_event
        Called with each event, in this thread.

    Raises
    ------
    Interrupted
        On Ctrl-C.
    """
    notify = on_event or (lambda event: None)
    results: dict[int, CallResult] = {}
    try:
        if workers == 0:
            _run_here(function, calls, notify, results)
        else:
            count = min(workers, len(calls))
            with WorkerPool(function, calls, threads or thread_share(count), notify) as pool:
                pool.run(count, results)
    except KeyboardInterrupt:
        raise Interrupted(f"Stopped with {len(results)} of {len(calls)} calls done; they are kept.") from None
    return [results[call] for call in range(len(calls))]


def _run_here(function: str, calls: Sequence[Call], notify: OnEvent, results: dict[int, CallResult]) -> None:
    for call, arguments in enumerate(calls):

        def report(value: Any, call: int = call) -> None:
            notify(Event("progress", call, 0, value))

        notify(Event("started", call, 0))
        results[call] = perform(function, call, arguments, report)
        notify(_final_event(results[call], 0))


class WorkerPool:
    """The workers of one `run_calls`, and the assignment of calls to them.

    Parameters
    ----------
    function, calls
        As in `run_calls`.
    threads
        Threads of each worker.
    notify
        Called with each event.
    """

    def __init__(self, function: str, calls: Sequence[Call], threads: int, notify: OnEvent) -> None:
        self.function, self.calls, self.threads, self.notify = function, calls, threads, notify
        self._waiting = deque(range(len(calls)))
        self._tries: Counter[int] = Counter()
        self._selector = selectors.DefaultSelector()
        self._workers: set[Worker] = set()

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all workers: by request within the grace period, then by kill, even on a second Ctrl-C."""
        try:
            for worker in self._workers:
                worker.ask_to_stop()
            # one limit for all, not three seconds each
            until = time.monotonic() + _GRACE_SECONDS
            for worker in self._workers:
                worker.wait(until - time.monotonic())
        finally:
            for worker in self._workers:
                worker.end()
            self._selector.close()

    def run(self, workers: int, results: dict[int, CallResult]) -> None:
        """Run all calls, and add to `results` as they end."""
        for place in range(workers):
            self._start(place)
        # By results, not by workers: a worker that died may have to be replaced by another first.
        while len(results) < len(self.calls):
            for worker in self._ready():
                try:
                    for message in worker.messages():
                        self._receive(worker, message, results)
                except EOFError:
                    self._replace_dead(worker, results)

    def _ready(self) -> list[Worker]:
        """Return workers that sent a message or are dead.

        Processes that a worker started may hold its socket open after its death, so that no end of file arrives:
        after a second without messages the processes themselves are polled.
        """
        readable = [cast(Worker, key.fileobj) for key, _ in self._selector.select(_POLL_SECONDS)]
        registered = [cast(Worker, key.fileobj) for key in self._selector.get_map().values()]
        return readable or [worker for worker in registered if worker.dead]

    def _start(self, place: int) -> None:
        worker = Worker(place, self.threads)
        self._workers.add(worker)
        self._selector.register(worker, selectors.EVENT_READ)
        self._assign(worker)

    def _assign(self, worker: Worker) -> None:
        """Give a worker the next call; without one end it, which frees its memory."""
        worker.call = None
        if not self._waiting:
            worker.ask_to_stop()
            self._selector.unregister(worker)
            return
        call = self._waiting.popleft()
        self._tries[call] += 1
        worker.begin(self.function, call, self.calls[call])
        self.notify(Event("started", call, worker.place))

    def _receive(self, worker: Worker, message: dict[str, Any], results: dict[int, CallResult]) -> None:
        if "progress" in message:
            assert worker.call is not None
            self.notify(Event("progress", worker.call, worker.place, message["progress"]))
            return
        result = CallResult.from_document(message["result"])
        results[result.call] = result
        self.notify(_final_event(result, worker.place))
        self._assign(worker)

    def _replace_dead(self, worker: Worker, results: dict[int, CallResult]) -> None:
        """Retry the call of a dead worker on a new one, or record its failure after the last try."""
        self._selector.unregister(worker)
        self._workers.discard(worker)
        call = worker.call
        assert call is not None
        message = f"A worker {worker.exit_reason()} while running {describe(self.calls[call])}"
        detail = worker.output_tail()
        worker.end()
        if self._tries[call] < _MAX_TRIES:
            self._waiting.appendleft(call)  # first in line: a call that kills workers is found out early
            self.notify(Event("retried", call, worker.place, message=f"{message}; another tries again."))
        else:
            failure = CallFailure("WorkerDied", f"{message}, for the second time.", detail)
            results[call] = CallResult(call, failure=failure)
            self.notify(_final_event(results[call], worker.place))
        # The other workers may have ended for lack of calls; without calls a new one would wait for nothing.
        if self._waiting:
            self._start(worker.place)


def _final_event(result: CallResult, worker: int) -> Event:
    if result.failure is None:
        return Event("done", result.call, worker, result.value)
    return Event("failed", result.call, worker, message=result.failure.message)
