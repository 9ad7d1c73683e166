"""The worker process: wait for calls, run them one after the other, send back the results.

Messages are lines of JSON over a socket. A worker ends on request, or when its parent is gone.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import json
import os
import queue
import signal
import socket
import sys
import threading
from typing import Any

from evenhand.engines.call import perform, to_line
from evenhand.engines.process import thread_variables

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


def main(descriptor: int, parent: int) -> None:
    """Serve calls until asked to stop.

    Parameters
    ----------
    descriptor
        The worker's end of the socket.
    parent
        Process id of the parent.
    """
    faulthandler.enable()  # the traceback of a crash goes to the output that the parent keeps
    # A parent that ignores SIGINT (a background job of a script) would pass that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _die_with_parent(parent)
    # Inherited so far, by way of `pass_fds`; a child of a call would hold the socket open after our death.
    os.set_inheritable(descriptor, False)
    channel = socket.socket(fileno=descriptor)
    with contextlib.suppress(KeyboardInterrupt):
        _serve(channel, _listen(channel))
    sys.stdout.flush()
    os._exit(0)  # a plain exit would wait for threads that a call left behind


def _serve(channel: socket.socket, inbox: queue.SimpleQueue[dict[str, Any]]) -> None:
    lock = threading.Lock()

    def send(message: dict[str, Any]) -> None:
        # progress may be reported from threads of the call
        with lock:
            channel.sendall(to_line(message).encode() + b"\n")

    while "stop" not in (message := inbox.get()):
        if "release" in message:
            if perform(message["release"], -1, {}, lambda value: None).failure is None:
                continue
            return  # what it holds is free when it has ended
        _use_threads(message["threads"])
        result = perform(
            message["function"],
            message["call"],
            message["arguments"],
            lambda value: send({"progress": value}),
        )
        send({"result": result.document()})


def _use_threads(threads: int) -> None:
    """Have numerical libraries use a number of threads, unless they do since the process started."""
    variables = thread_variables(threads)
    if variables.items() <= os.environ.items():
        return
    from threadpoolctl import threadpool_limits

    os.environ.update(variables)  # for those that are loaded later
    threadpool_limits(threads)  # not in a `with`: until the next call with another number


def _listen(channel: socket.socket) -> queue.SimpleQueue[dict[str, Any]]:
    """Return a queue of the parent's messages; when the parent is gone, the process ends at once."""
    inbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def read() -> None:
        with contextlib.suppress(OSError):
            for line in channel.makefile("r", encoding="ascii"):
                inbox.put(json.loads(line))
        os._exit(1)

    threading.Thread(target=read, daemon=True).start()
    return inbox


def _die_with_parent(parent: int) -> None:
    """Have the kernel end this process with its parent (Linux); elsewhere the closed socket does it."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:  # it died before prctl took effect
        os._exit(1)
