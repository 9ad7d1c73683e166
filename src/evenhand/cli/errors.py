"""Errors told to a person: a sentence and an exit code, never a traceback unless asked for."""

from __future__ import annotations

import errno
import functools
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import typer

from evenhand.base.errors import EvenhandError
from evenhand.cli.console import complain

_DEBUG = "EVENHAND_DEBUG"


def debugging(wanted: bool) -> None:
    """Ask for tracebacks, in this process and in the workers that it starts."""
    if wanted:
        os.environ[_DEBUG] = "1"


def told(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Return the verb with its errors told in words."""

    @functools.wraps(verb)
    def telling(*args: Any, **kwargs: Any) -> Any:
        try:
            return verb(*args, **kwargs)
        except typer.Exit:
            raise
        except BrokenPipeError:
            # The reader has gone (`evenhand runs | head`): nothing is left to say, and nobody to say it to.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except KeyboardInterrupt:
            raise _exit("Interrupted. What is done is kept; give the same command to go on.", 3) from None
        except EvenhandError as error:
            raise _exit(str(error), error.exit_code) from None
        except OSError as error:
            raise _exit(_about_disk(error), 2) from None
        except UnicodeEncodeError as error:
            name = error.object[max(0, error.start - 40) : error.end + 40]
            raise _exit(
                f'"{name}" holds bytes that are not UTF-8, and cannot be written. Rename the file or folder.', 2
            ) from None
        except MemoryError:
            raise _exit(
                "The memory is full. Lower train.batch_size, compute.workers or the picture size.", 2
            ) from None
        except Exception as error:
            says = f"{type(error).__name__}: {error}"
            raise _exit(
                f"Something went wrong inside evenhand ({says}). Please report it; --debug shows where.", 2
            ) from None

    return telling


def _exit(says: str, code: int) -> typer.Exit:
    if os.environ.get(_DEBUG):
        traceback.print_exc()
    complain(says)
    return typer.Exit(code)


def _about_disk(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        mend = "Free some space (evenhand cache --clear), then give the same command to go on."
        return f"{where}the disk is full. {mend}"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        mend = "Set output, or compute.store, to a folder that may."
        return f"{where}may not be written or read ({error.strerror}). {mend}"
    return f"{where}{error.strerror or error}."
