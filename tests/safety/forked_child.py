"""What every forked child that runs a command does first, and how it ends."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

UNCAUGHT = 99
"""Exit code of a child whose command ended in a traceback."""


def detach(folder: str | Path, out: str | Path, err: str | Path) -> None:
    """Begin a session in `folder`, with output into files, nothing to read and no core dumps."""
    os.setsid()
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8", line_buffering=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", line_buffering=True)
    os.chdir(folder)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def exit_code(work: Callable[[], object]) -> int:
    """Return the code with which work ends by itself; a traceback is printed, and so is whatever was held back."""
    code = UNCAUGHT
    try:
        work()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    return code
