"""Errors as a sentence and an exit code; tracebacks only in debug mode."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import typer

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.files.disk_errors import disk_error_message
from evenhand.cli.console import print_error
from evenhand.cli.standard_streams import discard_output, of_output
from evenhand.cli.stopping import stopped_by, stopping

_DEBUG = "EVENHAND_DEBUG"


def debugging(wanted: bool) -> None:
    """Turn on tracebacks, in this process and in the workers that it starts."""
    if wanted:
        os.environ[_DEBUG] = "1"


def report_errors(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Return the verb with its errors printed as sentences and turned into exit codes."""

    @functools.wraps(verb)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            with stopping():
                try:
                    done = verb(*args, **kwargs)
                except typer.Exit:
                    sys.stdout.flush()
                    raise
                # Here, not when Python ends: then a reader that has gone would be an error of its own.
                sys.stdout.flush()
                return done
        except typer.Exit:
            raise
        except BrokenPipeError:
            # The reader has gone (`evenhand runs | head`).
            discard_output()
            raise typer.Exit(0) from None
        except KeyboardInterrupt:
            what = f"Ended by {stopped_by()}" if stopped_by() else "Interrupted"
            raise _exit(f"{what}. Finished work is kept; run the same command again to resume.", 3) from None
        except EvenhandError as error:
            raise _exit(str(error), error.exit_code) from None
        except OSError as error:
            if not _can_flush():
                discard_output()
                error = of_output(error)
            raise _exit(disk_error_message(error), 2) from None
        except UnicodeEncodeError as error:
            name = error.object[max(0, error.start - 40) : error.end + 40]
            raise _exit(
                f'"{name}" has bytes that are not UTF-8, and cannot be written. Rename the file or folder.', 2
            ) from None
        except MemoryError:
            raise _exit("Out of memory. Lower train.batch_size, compute.workers or the picture size.", 2) from None
        except RuntimeError as error:
            # `Path.resolve` of Python 3.11 and 3.12, which documents no class of its own
            if not str(error).startswith("Symlink loop"):
                raise _exit(_bug_message(error), 2) from None
            name = str(error).partition("'")[2].removesuffix("'")
            raise _exit(f"{name}: is a symbolic link that leads back to itself.", 2) from None
        except ValueError as error:
            if str(error) != "embedded null byte":  # Python's word for what no file system can hold
                raise _exit(_bug_message(error), 2) from None
            raise _exit("A path or a name of a file holds a NUL character (U+0000). Correct it.", 2) from None
        except Exception as error:
            raise _exit(_bug_message(error), 2) from None

    return wrapped


def _can_flush() -> bool:
    try:
        sys.stdout.flush()
    except OSError:
        return False
    return True


def _exit(message: str, code: int) -> typer.Exit:
    if os.environ.get(_DEBUG):
        traceback.print_exc()
    print_error(message)
    return typer.Exit(code)


def _bug_message(error: Exception) -> str:
    what = f"{type(error).__name__}: {error}"
    return f"Something went wrong inside evenhand ({what}). Please report this; --debug shows the traceback."
