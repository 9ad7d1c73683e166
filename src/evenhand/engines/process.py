"""One worker process as its parent sees it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from evenhand.engines.call import Call, to_line

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
SETTINGS = {
    "PYTHONHASHSEED": "0",  # a fixed order of sets of words
    "THP_MEM_ALLOC_ENABLE": "1",  # torch asks for huge pages: fresh batches then cost half as much to write
}
"""What a worker's environment holds unless the user's says otherwise."""
_TAIL_BYTES = 8_000
_LAST_SECONDS = 5.0


class Worker:
    """A worker process, from its start to its end.

    It is a new interpreter, not a fork (threads and devices do not survive one), and not one of
    `multiprocessing` either: that would run the user's script again, and speak in pickles. It has a session
    of its own, so that Ctrl-C reaches the parent alone, who decides.

    Parameters
    ----------
    place
        0..workers-1.
    threads
        For numerical libraries, which read it when they are imported.
    """

    def __init__(self, place: int, threads: int) -> None:
        self.place = place
        self.call: int | None = None
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  (closed by `end`)
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _start(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
                env=_environment(threads),
                start_new_session=True,
            )
        self._channel = ours
        self._received = b""

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when the worker says something."""
        return self._channel.fileno()

    def begin(self, function: str, call: int, arguments: Call) -> None:
        """Hand it a call."""
        self.call = call
        self._send({"function": function, "call": call, "arguments": dict(arguments)})

    def messages(self) -> Iterator[dict[str, Any]]:
        """Yield what it said since last asked.

        Raises
        ------
        EOFError
            If it is dead.
        """
        try:
            received = self._channel.recv(1 << 16, socket.MSG_DONTWAIT)
        except (ConnectionResetError, BlockingIOError):  # the latter: dead, but the socket is still held
            received = b""
        if not received:
            raise EOFError
        *lines, self._received = (self._received + received).split(b"\n")
        yield from map(json.loads, lines)

    @property
    def dead(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def how_it_died(self) -> str:
        """Return the end of a worker that is dead, or about to be, in words."""
        self.wait(_LAST_SECONDS)
        code = self._process.poll()
        if code is None:
            return "fell silent"
        if code >= 0:
            return f"ended itself with exit code {code}"
        name = signal.Signals(-code).name if -code in set(signal.Signals) else "unknown"
        guess = {"SIGKILL": "; out of memory?", "SIGSEGV": "; a crash in compiled code"}.get(name, "")
        return f"died with signal {-code} ({name}{guess})"

    def last_lines(self) -> str:
        """Return the end of what it wrote to standard output and error."""
        length = self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, length - _TAIL_BYTES))
        return self._output.read().decode(errors="replace")

    def ask_to_stop(self) -> None:
        """Let it end: at once if idle, else by an interrupt, on which a call can still tidy up."""
        if self.call is None:
            self._send({"stop": True})
        elif self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def wait(self, seconds: float) -> None:
        """Wait for its end, but not for ever."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, seconds))

    def end(self) -> None:
        """Make sure that it, and whatever it started, is gone; doing it twice does no harm."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._channel.close()
        self._output.close()

    def _send(self, message: dict[str, Any]) -> None:
        line = to_line(message).encode() + b"\n"
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # dead: reading will tell
            self._channel.sendall(line)


def _start(descriptor: int) -> str:
    """Return the program of a worker; it finds modules where its parent does."""
    return (
        f"import sys; sys.path[:] = {sys.path!r}; from evenhand.engines.worker import main; "
        f"main({descriptor}, {os.getpid()})"
    )


def _environment(threads: int) -> dict[str, str]:
    return {**SETTINGS, **os.environ, **dict.fromkeys(_THREAD_VARIABLES, str(threads))}
