"""Calls run by worker processes on this machine."""

from __future__ import annotations

import selectors
from collections.abc import Sequence
from types import TracebackType
from typing import Any, cast

from evenhand.base.cores import thread_share
from evenhand.base.errors import Interrupted
from evenhand.engines.call import Call, CallFailure, CallResult, Event, OnEvent, describe, perform
from evenhand.engines.kept_workers import KeptWorkers, end_workers
from evenhand.engines.placement import Place
from evenhand.engines.process import Worker
from evenhand.engines.schedule import Remedy, Schedule

_POLL_SECONDS = 1.0


def run_calls(
    function: str,
    calls: Sequence[Call],
    *,
    workers: int,
    places: Sequence[Place] = (),
    threads: int | None = None,
    on_event: OnEvent | None = None,
    kept: KeptWorkers | None = None,
) -> list[CallResult]:
    """Return the result of each call, in their order.

    A call that raises does not stop the others. One that raises `RetryableError`, or whose worker dies, is tried
    again once on a new worker: at once, or alone where memory was short (`Schedule`). On Ctrl-C the workers are
    interrupted, and killed if they do not end within 3 seconds; if this process is killed, they die with it.

    Parameters
    ----------
    function
        "package.module:name"; importable by a new interpreter. If it has a parameter `progress`, it gets a function
        that sends a plain value to `on_event`.
    calls
        Keyword arguments of each call, plain values only.
    workers
        Processes; no more are started than there are calls. 0 runs the calls in this process.
    places
        What each worker computes on, and variables of its environment; none: no worker differs from another.
    threads
        Threads of each worker's numerical libraries; None for its share of the cores.
    on_event
        Called with each event, in this thread.
    kept
        Workers of calls before, which are used first, and where those of these calls are kept; None: all of them
        end with their last call. A call that is tried again gets a new one, after all that idle have ended: they
        hold memory.

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
            on = places[:count] or (Place(),) * count
            with WorkerPool(function, calls, on, threads or thread_share(count), notify, kept) as pool:
                pool.run(results)
    except KeyboardInterrupt:
        done = f"Stopped with {len(results)} of {len(calls)} tasks done"
        raise Interrupted(f"{done}. Finished work is kept; run the same command again to resume.") from None
    return [results[call] for call in range(len(calls))]


def _run_here(function: str, calls: Sequence[Call], notify: OnEvent, results: dict[int, CallResult]) -> None:
    schedule = Schedule(len(calls), [""])
    while (call := schedule.take(0)) is not None:

        def report(value: Any, call: int = call) -> None:
            notify(Event("progress", call, 0, value))

        notify(Event("started", call, 0))
        result = perform(function, call, calls[call], report)
        failure = result.failure
        if failure is None:
            schedule.succeeded(0)
        # "fresh" needs a new process
        elif schedule.failed(0, "" if failure.remedy == "fresh" else failure.remedy):
            notify(Event("retried", call, 0, message=f"{failure.brief}; it is tried again after the others."))
            continue
        results[call] = result
        notify(_final_event(result, 0))


class WorkerPool:
    """The workers of one `run_calls`; a `Schedule` assigns calls to them.

    Parameters
    ----------
    function, calls
        As in `run_calls`.
    places
        What each worker computes on.
    threads
        Threads of each worker.
    notify
        Called with each event.
    kept
        As in `run_calls`.
    """

    def __init__(
        self,
        function: str,
        calls: Sequence[Call],
        places: Sequence[Place],
        threads: int,
        notify: OnEvent,
        kept: KeptWorkers | None = None,
    ) -> None:
        self.function, self.calls, self.threads, self.notify = function, calls, threads, notify
        self._places, self._kept = places, kept
        self._schedule = Schedule(len(calls), [place.device for place in places])
        self._selector = selectors.DefaultSelector()
        self._workers: set[Worker] = set()
        self._busy: dict[int, Worker] = {}

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all workers that are not kept."""
        try:
            end_workers(self._workers)
        finally:
            self._selector.close()

    def run(self, results: dict[int, CallResult]) -> None:
        """Run all calls, and add to `results` as they end."""
        self._fill()
        # By results, not by workers: a worker that died may have to be replaced by another first.
        while len(results) < len(self.calls):
            for worker in self._ready():
                try:
                    for message in worker.messages():
                        self._receive(worker, message, results)
                except EOFError:
                    self._bury(worker, results)
            self._fill()

    def _fill(self) -> None:
        """Start a worker at each free place that has a call to run."""
        for place in range(len(self._places)):
            if place not in self._busy and (call := self._schedule.take(place)) is not None:
                self._start(place, call)

    def _start(self, place: int, call: int) -> None:
        worker = self._kept_worker(place, call) or Worker(place, self.threads, self._places[place].environment)
        self._workers.add(worker)
        self._selector.register(worker, selectors.EVENT_READ)
        self._begin(worker, call)

    def _kept_worker(self, place: int, call: int) -> Worker | None:
        """Return an idle worker for a call; None for one that is tried again, which needs what they all hold."""
        if self._kept is None:
            return None
        if self._schedule.is_retry(call):
            self._kept.end()
            return None
        return self._kept.take(place, self.threads, self._places[place].environment)

    def _ready(self) -> list[Worker]:
        """Return workers that sent a message or are dead.

        Processes that a worker started may hold its socket open after its death, so that no end of file arrives:
        after a second without messages the processes themselves are polled.
        """
        readable = [cast(Worker, key.fileobj) for key, _ in self._selector.select(_POLL_SECONDS)]
        registered = [cast(Worker, key.fileobj) for key in self._selector.get_map().values()]
        return readable or [worker for worker in registered if worker.dead]

    def _begin(self, worker: Worker, call: int) -> None:
        self._busy[worker.place] = worker
        worker.begin(self.function, call, self.calls[call])
        self.notify(Event("started", call, worker.place))

    def _receive(self, worker: Worker, message: dict[str, Any], results: dict[int, CallResult]) -> None:
        if "progress" in message:
            assert worker.call is not None
            self.notify(Event("progress", worker.call, worker.place, message["progress"]))
            return
        result = CallResult.from_document(message["result"])
        if result.failure is not None and result.failure.remedy:
            # its process may be broken or hold memory: it is not used again, whatever becomes of the call
            self._end(worker)
            self._settle(worker, result, _how(result.failure.remedy, result.failure.brief), results)
            return
        self._finish(worker, result, results)
        call = self._schedule.take(worker.place)
        if call is not None and not self._schedule.is_retry(call):
            self._begin(worker, call)
            return
        if call is not None:
            self._end(worker)
            self._start(worker.place, call)
            return
        # without a call it ends or idles, which frees its memory
        del self._busy[worker.place]
        self._selector.unregister(worker)
        worker.call = None
        if self._kept is None:
            worker.ask_to_stop()
        else:
            self._workers.discard(worker)
            self._kept.put(worker)

    def _bury(self, worker: Worker, results: dict[int, CallResult]) -> None:
        """Have the call of a dead worker tried again by a new one, or record its failure after the last try."""
        call = worker.call
        assert call is not None
        message = f"A worker {worker.exit_reason()} while running {describe(self.calls[call])}"
        # Linux kills what needs too much memory: the same call beside the same others would be killed again
        remedy: Remedy = "alone here" if worker.killed else "fresh"
        failure = CallFailure("WorkerDied", f"{message}, for the second time.", worker.output_tail(), remedy=remedy)
        self._end(worker)
        self._settle(worker, CallResult(call, failure=failure), _how(remedy, message), results)

    def _settle(self, worker: Worker, result: CallResult, how: str, results: dict[int, CallResult]) -> None:
        """Have a failed call tried again, if this was not its last try."""
        assert result.failure is not None
        if self._schedule.failed(worker.place, result.failure.remedy):
            self.notify(Event("retried", result.call, worker.place, message=how))
        else:
            results[result.call] = result
            self.notify(_final_event(result, worker.place))

    def _finish(self, worker: Worker, result: CallResult, results: dict[int, CallResult]) -> None:
        results[result.call] = result
        before = self._schedule.excluded
        if result.failure is not None:
            self._schedule.failed(worker.place, "")
        elif self._schedule.succeeded(worker.place):
            (device,) = self._schedule.excluded - before
            self.notify(Event("excluded", result.call, worker.place, message=device))
        self.notify(_final_event(result, worker.place))

    def _end(self, worker: Worker) -> None:
        self._selector.unregister(worker)
        self._workers.discard(worker)
        del self._busy[worker.place]
        worker.end()


def _how(remedy: Remedy, reason: str) -> str:
    """Return how a call is tried again, and why, as a sentence."""
    ways = {
        "alone": "it is tried again alone on its device, after the others",
        "alone here": "it is tried again when no other runs",
    }
    return f"{reason}; {ways.get(remedy, 'it is tried again in a new process')}."


def _final_event(result: CallResult, worker: int) -> Event:
    if result.failure is None:
        return Event("done", result.call, worker, result.value)
    return Event("failed", result.call, worker, message=result.failure.message)
