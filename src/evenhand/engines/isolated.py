"""Calls into parsers that are not ours: in a process of their own, with a deadline and a limit of memory.

Damaged bytes can send a parser into an endless loop or make it ask for all the memory there is. Neither can be
stopped in a thread; a process can be ended, and the next call gets a new one.
"""

from __future__ import annotations

import atexit
import contextlib
import math
import select
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from evenhand.base.errors import EvenhandError
from evenhand.engines.call import Call, CallFailure, CallResult, resolve
from evenhand.engines.cores import usable_cores
from evenhand.engines.process import Worker

_MOST_PROCESSES = 4
_IDLE_S = 10.0
PATIENCE = 60
"""Seconds by the clock for each second of processor time: a machine may be busy with other things."""


class IsolatedCallError(EvenhandError):
    """An isolated call that was ended, died, or raised something; the text says what, without a full stop.

    Attributes
    ----------
    failure
        What the function raised, or None where the process did not come that far.
    """

    def __init__(self, says: str, failure: CallFailure | None = None) -> None:
        super().__init__(says)
        self.failure = failure


class IsolatedCalls:
    """A few processes that run isolated calls; threads may call at once and wait for their turn.

    Processes start when they are needed and end when none was for `idle` seconds.

    Parameters
    ----------
    processes
        At most so many.
    idle
        Seconds.
    """

    def __init__(self, processes: int | None = None, idle: float = _IDLE_S) -> None:
        self._room = threading.Semaphore(processes or min(_MOST_PROCESSES, usable_cores()))
        self._lock = threading.Lock()
        self._free: list[Worker] = []
        self._idle = idle
        self._timer: threading.Timer | None = None
        self._starter: ThreadPoolExecutor | None = None

    def call(self, function: str, arguments: Call, *, seconds: float, memory: int) -> Any:
        """Return what a function returns, as plain values.

        Parameters
        ----------
        function
            "package.module:name".
        arguments
            Plain values.
        seconds
            Of processor time, after which the call is ended; by the clock it has `PATIENCE` times as many.
        memory
            Bytes that it may ask for beyond what its process holds (where the operating system can limit that).

        Raises
        ------
        IsolatedCallError
            If it was ended, died, or raised something.
        """
        with self._room:
            worker = self._taken()
            try:
                result = _result(worker, function, dict(arguments), seconds, memory)
            except BaseException:
                worker.end()
                raise
            self._give_back(worker)
        if result.failure is not None:
            raise IsolatedCallError(result.failure.says, result.failure)
        return result.value

    def close(self) -> None:
        """End the processes that nothing is asked of."""
        with self._lock:
            free, self._free = self._free, []
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        for worker in free:
            worker.end()

    def _taken(self) -> Worker:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            while self._free:
                worker = self._free.pop()
                if not worker.dead:
                    return worker
                worker.end()
            # a process ends with the thread that started it (see `worker`), so one that stays starts them all
            self._starter = self._starter or ThreadPoolExecutor(1, "evenhand-isolated")
        return self._starter.submit(Worker, 0, 1).result()

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            self._free.append(worker)
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(self._idle, self.close)
            self._timer.daemon = True
            self._timer.start()


ISOLATED = IsolatedCalls()
"""What the whole process shares."""
atexit.register(ISOLATED.close)


def _result(worker: Worker, function: str, arguments: dict[str, Any], seconds: float, memory: int) -> CallResult:
    """Return what came of a call; raises `IsolatedCallError` where its process did not come to an end of it."""
    inner = {"function": function, "arguments": arguments, "seconds": seconds, "memory": memory}
    worker.begin("evenhand.engines.isolated:perform_limited", 0, inner)
    until = time.monotonic() + PATIENCE * seconds
    while (left := until - time.monotonic()) > 0:
        if not _readable(worker, left):
            break
        try:
            for message in worker.messages():
                if "result" in message:
                    worker.call = None
                    return CallResult.from_document(message["result"])
        except EOFError:
            how = worker.how_it_died()
            says = f"given up after {seconds:.0f} s of processor time" if "SIGXCPU" in how else f"its reader {how}"
            raise IsolatedCallError(says) from None
    raise IsolatedCallError(f"given up after {PATIENCE * seconds:.0f} s")


def _readable(worker: Worker, seconds: float) -> bool:
    poll = getattr(select, "poll", None)
    if poll is None:
        return bool(select.select([worker], [], [], seconds)[0])
    polled = poll()  # unlike select, it takes descriptors beyond 1,023
    polled.register(worker, select.POLLIN)
    return bool(polled.poll(seconds * 1000))


def perform_limited(function: str, arguments: dict[str, Any], seconds: float, memory: int) -> Any:
    """Return what a function returns, within limits of time and memory; called in the isolated process.

    Raises
    ------
    EvenhandError
        In the place of `MemoryError`.
    """
    target = resolve(function)
    try:
        with limited(seconds, memory):
            return target(**arguments)
    except MemoryError:
        raise EvenhandError(f"more than {memory / 2**20:,.0f} MiB of memory are needed to read it") from None


@contextlib.contextmanager
def limited(seconds: float, memory: int) -> Iterator[None]:
    """Let this process take `seconds` of processor time and ask for `memory` bytes more than it has (Linux).

    The kernel ends a process that takes more time (SIGXCPU), and gives no more memory than that.
    """
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    limits = {
        resource.RLIMIT_CPU: math.ceil(used.ru_utime + used.ru_stime + seconds),
        resource.RLIMIT_CORE: 0,  # a process that is ended leaves no image of itself
    }
    if sys.platform == "linux":
        held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        limits[resource.RLIMIT_AS] = held + memory
    before = {which: resource.getrlimit(which) for which in limits}
    for which, most in limits.items():
        hard = before[which][1]
        resource.setrlimit(which, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    try:
        yield
    finally:
        for which, both in before.items():
            resource.setrlimit(which, both)
