"""Output and file names where the locale knows nothing but ASCII: nothing crashes for a name in another script."""

from __future__ import annotations

import io
import os
import sys


def tolerate() -> None:
    """Let standard output and error escape what they cannot encode, instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def in_utf8_mode() -> None:
    """Start the program again in Python's UTF-8 mode where file names could not be encoded otherwise.

    Output keeps its encoding. It happens with a locale such as C where Python's own remedy was switched off.
    """
    if sys.flags.utf8_mode or sys.getfilesystemencoding().lower().replace("-", "") == "utf8":
        return
    output = getattr(sys.stdout, "encoding", None) or "ascii"
    environment = {**os.environ, "PYTHONUTF8": "1", "PYTHONIOENCODING": f"{output}:backslashreplace"}
    os.execve(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]], environment)
