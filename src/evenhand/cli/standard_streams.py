"""Standard streams that are closed, full, or not read any more."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from evenhand.base.storage.files.disk_errors import disk_error_message
from evenhand.cli.console import print_error


def open_closed_streams() -> None:
    """Open the standard streams that the shell closed (`>&-`): another file would get their number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest number that is free
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", closefd=False))


@contextlib.contextmanager
def output_errors() -> Iterator[None]:
    """End with a sentence where output cannot be written, and quietly where nobody reads it any more.

    For what is printed outside of a verb (`--help`, `--version`); within one `report_errors` does it.
    """
    try:
        yield
    except SystemExit as error:
        # Click and Rich exit with 1 where the reader has gone, which is the code of findings.
        if isinstance(error.__context__, BrokenPipeError):
            discard_output()
            raise SystemExit(0) from None
        raise
    except BrokenPipeError:
        discard_output()
        raise SystemExit(0) from None
    except OSError as error:
        discard_output()
        print_error(disk_error_message(of_output(error)))
        raise SystemExit(2) from None


def of_output(error: OSError) -> OSError:
    """Return an error that names no file as one of standard output."""
    return error if error.filename else OSError(error.errno, error.strerror, "standard output")


def discard_output() -> None:
    """Let what is still to be written go nowhere: Python flushes at its end, and would fail again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
