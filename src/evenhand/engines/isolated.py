"""Calls into third-party parsers, each in a separate process with a limit on time and memory.

Damaged bytes can send a parser into an endless loop or make it allocate all memory. Neither can be stopped in a
thread; a process can be killed, and the next call gets a new one.
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

from evenhand.base.cores import usable_cores
from evenhand.base.errors import EvenhandError
from evenhand.base.storage.files.disk_errors import disk_error_of
from evenhand.engines.call import Call, CallFailure, CallResult, resolve
from evenhand.engines.process import Worker

_MAX_PROCESSES = 4
_IDLE_S = 10.0
WALL_CLOCK_FACTOR = 60
"""Wall-clock seconds allowed per second of CPU time: the machine may be busy with other work."""


class IsolatedCallError(EvenhandError):
    """An isolated call that was killed, crashed or raised; the text says what, without a full stop.

    Attributes
    ----------
    failure
        What the function raised, or None if its process ended first.
    """

    def __init__(self, message: str, failure: CallFailure | None = None) -> None:
        super().__init__(message)
        self.failure = failure


class IsolatedCalls:
    """A small pool of processes that run isolated calls; thread-safe, threads wait for a free process.

    Processes start on demand and end when the pool was idle for `idle` seconds.

    Parameters
    ----------
    processes
        Most processes at a time; None for the usable cores, at most 4.
    idle
        Seconds.
    """

    def __init__(self, processes: int | None = None, idle: float = _IDLE_S) -> None:
        self._slots = threading.Semaphore(processes or min(_MAX_PROCESSES, usable_cores()))
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
            CPU time after which the call is killed; its wall-clock limit is `WALL_CLOCK_FACTOR` times as long.
        memory
            Bytes that it may allocate beyond what its process holds (enforced on Linux only).

        Raises
        ------
        IsolatedCallError
            If it was killed, crashed or raised.
        OSError
            If the disk for temporary files (TMPDIR) is full or broken.
        """
        with self._slots:
            worker = self._acquire()
            try:
                result = _result(worker, function, dict(arguments), seconds, memory)
            except BaseException:  # Ctrl-C too: the process is in the middle of a call and cannot be reused
                worker.end()
                raise
            # before an error of the function is raised: its process is as good as before
            self._release(worker)
        if result.failure is not None:
            # The input is not to blame: taken for damage, its row would be left out, and stay so in the store.
            if (refused := disk_error_of(result.failure.type, result.failure.message)) is not None:
                raise refused
            raise IsolatedCallError(result.failure.message, result.failure)
        return result.value

    def close(self) -> None:
        """End the idle processes."""
        with self._lock:
            free, self._free = self._free, []
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        for worker in free:
            worker.end()

    def _acquire(self) -> Worker:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            while self._free:
                worker = self._free.pop()
                if not worker.dead:
                    return worker
                worker.end()
            # The kernel sends the parent-death signal when the *thread* that started a process ends (prctl(2); see
            # `worker`). Calling threads come and go, so one thread that stays starts all processes.
            self._starter = self._starter or ThreadPoolExecutor(1, "evenhand-isolated")
        return self._starter.submit(Worker, 0, 1).result()

    def _release(self, worker: Worker) -> None:
        with self._lock:
            self._free.append(worker)
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(self._idle, self.close)
            self._timer.daemon = True
            self._timer.start()


ISOLATED = IsolatedCalls()
"""The pool shared by the whole process."""
atexit.register(ISOLATED.close)


def _result(worker: Worker, function: str, arguments: dict[str, Any], seconds: float, memory: int) -> CallResult:
    """Return the result of a call; raises `IsolatedCallError` if its process did not finish it."""
    inner = {"function": function, "arguments": arguments, "seconds": seconds, "memory": memory}
    worker.begin("evenhand.engines.isolated:perform_limited", 0, inner)
    until = time.monotonic() + WALL_CLOCK_FACTOR * seconds
    while (left := until - time.monotonic()) > 0:
        if not _readable(worker, left):
            break
        try:
            for message in worker.messages():
                if "result" in message:
                    worker.call = None
                    return CallResult.from_document(message["result"])
        except EOFError:
            how = worker.exit_reason()
            reason = f"given up after {seconds:.3g} s of CPU time" if "SIGXCPU" in how else f"its reader {how}"
            raise IsolatedCallError(reason) from None
    raise IsolatedCallError(f"given up after {WALL_CLOCK_FACTOR * seconds:g} s")


def _readable(worker: Worker, seconds: float) -> bool:
    poll = getattr(select, "poll", None)
    if poll is None:
        return bool(select.select([worker], [], [], seconds)[0])
    polled = poll()  # unlike select, it takes descriptors beyond 1,023
    polled.register(worker, select.POLLIN)
    return bool(polled.poll(seconds * 1000))


def perform_limited(function: str, arguments: dict[str, Any], seconds: float, memory: int) -> Any:
    """Return what a function returns, under limits of time and memory; runs in the isolated process.

    Raises
    ------
    EvenhandError
        Instead of `MemoryError`.
    """
    target = resolve(function)
    try:
        with resource_limits(seconds, memory):
            return target(**arguments)
    except MemoryError:
        raise EvenhandError(f"more than {memory / 2**20:,.0f} MiB of memory are needed to read it") from None


@contextlib.contextmanager
def resource_limits(seconds: float, memory: int) -> Iterator[None]:
    """Limit this process to `seconds` more of CPU time and, on Linux, `memory` more bytes of address space.

    The kernel kills a process that exceeds the time (SIGXCPU), and refuses further memory (`MemoryError`).
    """
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    limits = {
        # whole seconds, rounded up: the limit counts from the start of the process
        resource.RLIMIT_CPU: math.ceil(used.ru_utime + used.ru_stime + seconds),
        resource.RLIMIT_CORE: 0,  # SIGXCPU would otherwise dump core
    }
    if sys.platform == "linux":
        # first field: the size of the address space in pages, which RLIMIT_AS limits
        held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        limits[resource.RLIMIT_AS] = held + memory
    before = {which: resource.getrlimit(which) for which in limits}
    for which, most in limits.items():
        # The soft limit alone: a lowered hard limit could not be raised again for the next call.
        hard = before[which][1]
        resource.setrlimit(which, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    try:
        yield
    finally:
        for which, both in before.items():
            resource.setrlimit(which, both)
