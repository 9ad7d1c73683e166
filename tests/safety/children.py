"""Commands in forked children of a process that has imported everything, with limits of time and memory."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
import typer.main

import evenhand.cli.app

from .forked_child import detach, exit_code

DEADLINE_SECONDS = 60.0
MEMORY_BYTES = 2 << 30
ADDRESS_BYTES = 8 << 30
"""Private memory that may be asked for, used or not; a reader of
/dev/zero asks for all there is, and is stopped in time."""

LOOK_MILLISECONDS = 50
FILE_BYTES = 1 << 30
"""No command on tiny data writes more; the disk of the tester is not filled."""


@dataclass(frozen=True)
class Ended:
    """How a child ended: its exit code (negative for a signal), output, seconds, bytes."""

    code: int
    out: str
    err: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    hung: bool


def run(
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    weak: bool = False,
    patience: float = 1,
    modules: Path | None = None,
) -> Ended:
    """Run the command line in a fork of this process, in `folder`; `weak` without the powers of root.

    `patience` multiplies the deadline, for commands on sound files on a busy machine. `modules` is a file to which
    the child writes the names of all modules that it has imported in the end.
    """
    out, err = folder.with_suffix(".out"), folder.with_suffix(".err")
    command = _command(evenhand.cli.app.app)
    start = time.monotonic()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if not child:
        _child(command, arguments, folder, environment, out, err, weak, modules)
    hung, descriptor = False, os.pidfd_open(child)
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while not poll.poll(LOOK_MILLISECONDS) and not (hung := time.monotonic() - start > patience * DEADLINE_SECONDS):
        if _resident(child) > MEMORY_BYTES:
            break
    os.close(descriptor)
    _kill(child)
    _, status, used = os.wait4(child, 0)
    return Ended(
        os.waitstatus_to_exitcode(status),
        out.read_text("utf-8", "replace"),
        err.read_text("utf-8", "replace"),
        time.monotonic() - start,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss * 1024,
        hung,
    )


def _resident(child: int) -> int:
    """Return the bytes of a child in memory, 0 if it has ended."""
    try:
        return int(Path(f"/proc/{child}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def _kill(child: int) -> None:
    """End the child, if it still runs, and what it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)


@functools.cache
def _command(app: Callable[[list[str]], object]) -> Callable[[list[str]], object]:
    """Return what an application makes of itself when it is called: once here, and not in every child."""
    return typer.main.get_command(app) if isinstance(app, typer.Typer) else app


def _child(
    command: Callable[[list[str]], object],
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    out: Path,
    err: Path,
    weak: bool,
    modules: Path | None,
) -> None:
    def work() -> None:
        detach(folder, out, err)
        os.environ.clear()
        os.environ.update(environment)
        resource.setrlimit(resource.RLIMIT_DATA, (ADDRESS_BYTES, ADDRESS_BYTES))
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
        if weak:
            _drop_capabilities()
        sys.argv = ["evenhand", *arguments]
        command(list(arguments))

    code = exit_code(work)
    with contextlib.suppress(Exception):
        if modules:
            modules.write_text("\n".join(sys.modules), encoding="utf-8")
    os._exit(code)


def _drop_capabilities() -> None:
    """Drop what lets root read files that it has no permission for (capset(2)); without effect for other users."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    ctypes.CDLL(None, use_errno=True).capset(header, (ctypes.c_uint32 * 6)())
