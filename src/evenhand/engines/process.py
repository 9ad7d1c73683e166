"""The parent's handle of one worker process."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

from evenhand.engines.call import Call, to_line

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
"""Environment variables in which numerical libraries read their threads when they are loaded."""
CUBLAS = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
"""Makes cuBLAS deterministic (NVIDIA's documentation of cuBLAS, section 2.1.4), for 24 MiB of the GPU's memory."""
SETTINGS = {
    **CUBLAS,
    "PYTHONHASHSEED": "0",  # a fixed order of sets of strings
    "THP_MEM_ALLOC_ENABLE": "1",  # torch requests huge pages: fresh batches are written in half the time
}
"""Environment variables of a worker, unless the user sets them."""
_TAIL_BYTES = 8_000
_EXIT_WAIT_SECONDS = 5.0


class Worker:
    """A worker process, from its start to its end.

    It is a new interpreter rather than a fork (threads and devices do not survive one), and not one of
    `multiprocessing`, which would import the user's script again and communicate in pickles. It has its own
    session, so that Ctrl-C reaches the parent only, which then decides.

    Parameters
    ----------
    place
        Slot of the worker, 0..workers-1.
    threads
        Threads of numerical libraries; may change from call to call.
    environment
        More variables of its environment.
    """

    def __init__(self, place: int, threads: int, environment: Mapping[str, str] | None = None) -> None:
        self.place, self.threads = place, threads
        self.call: int | None = None
        self._variables = _environment(environment)
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  (closed by `end`)
        ours, theirs = socket.socketpair()
        # The child has its own copy; ours must be closed for the end of the child to be an end of file.
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _worker_program(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
                env={**self._variables, **thread_variables(threads)},
                start_new_session=True,
            )
        self._channel = ours
        self._received = b""

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when the worker sends a message."""
        return self._channel.fileno()

    def begin(self, function: str, call: int, arguments: Call) -> None:
        """Send it a call."""
        self.call = call
        self._send(
            {"function": function, "call": call, "arguments": dict(arguments), "threads": self.threads},
        )

    def release(self, function: str) -> None:
        """Have it run a function that gives back the memory of its calls; it ends if that fails."""
        self._send({"release": function})

    def suits(self, environment: Mapping[str, str]) -> bool:
        """Whether a worker that is started now with more variables would have the environment of this one."""
        return self._variables == _environment(environment)

    def messages(self) -> Iterator[dict[str, Any]]:
        """Yield the messages received since the last call.

        Raises
        ------
        EOFError
            If it is dead.
        """
        try:
            received = self._channel.recv(1 << 16, socket.MSG_DONTWAIT)
        except (ConnectionResetError, BlockingIOError):  # the latter: it is dead, but a child holds its socket open
            received = b""
        if not received:
            raise EOFError
        *lines, self._received = (self._received + received).split(b"\n")  # the last line may be incomplete
        yield from map(json.loads, lines)

    @property
    def dead(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    @property
    def killed(self) -> bool:
        """Whether it ended by SIGKILL, with which Linux frees memory when there is none left."""
        return self._process.poll() == -signal.SIGKILL

    def exit_reason(self) -> str:
        """Return in words how a worker ended that is dead, or about to be."""
        self.wait(_EXIT_WAIT_SECONDS)
        code = self._process.poll()
        if code is None:
            return "fell silent"
        if code >= 0:
            return f"ended itself with exit code {code}"
        name = signal.Signals(-code).name if -code in set(signal.Signals) else "unknown"
        guess = {"SIGKILL": "; out of memory?", "SIGSEGV": "; a crash in compiled code"}.get(name, "")
        return f"died with signal {-code} ({name}{guess})"

    def output_tail(self) -> str:
        """Return the end of its standard output and error."""
        length = self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, length - _TAIL_BYTES))
        return self._output.read().decode(errors="replace")

    def ask_to_stop(self) -> None:
        """Ask it to end: at once if idle, else by SIGINT, on which a call can still clean up."""
        if self.call is None:
            self._send({"stop": True})
        elif self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def wait(self, seconds: float) -> None:
        """Wait for its end, at most so many seconds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, seconds))

    def end(self) -> None:
        """Kill it and everything it started; idempotent."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            # the group, which `start_new_session` made: processes that a call started would otherwise live on
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._channel.close()
        self._output.close()

    def _send(self, message: dict[str, Any]) -> None:
        line = to_line(message).encode() + b"\n"
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # dead: the next read raises EOFError
            self._channel.sendall(line)


def _worker_program(descriptor: int) -> str:
    """Return the program of a worker; it has the module search path of its parent."""
    return (
        f"import sys; sys.path[:] = {sys.path!r}; from evenhand.engines.worker import main; "
        f"main({descriptor}, {os.getpid()})"
    )


def thread_variables(threads: int) -> dict[str, str]:
    """Return the environment variables of a number of threads."""
    return dict.fromkeys(THREAD_VARIABLES, str(threads))


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    """Return the environment of a worker but for its threads."""
    # The user's own variables beat SETTINGS, but not the threads, which are ours to divide.
    found = {**SETTINGS, **os.environ, **(more or {})}
    return {name: value for name, value in found.items() if name not in THREAD_VARIABLES}
