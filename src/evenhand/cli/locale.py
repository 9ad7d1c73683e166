"""Output and file names under an ASCII locale: names in other scripts must not crash the program."""

from __future__ import annotations

import io
import os
import sys


def escape_unencodable() -> None:
    """Let standard output and error escape characters that they cannot encode, instead of raising."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def restart_in_utf8_mode() -> None:
    """Restart the program in Python's UTF-8 mode if file names cannot be encoded otherwise.

    Output keeps its encoding. This happens under the C locale if locale coercion (PEP 538) is disabled.
    """
    if sys.flags.utf8_mode or sys.getfilesystemencoding().lower().replace("-", "") == "utf8":
        return
    output = getattr(sys.stdout, "encoding", None) or "ascii"
    environment = {**os.environ, "PYTHONUTF8": "1", "PYTHONIOENCODING": f"{output}:backslashreplace"}
    os.execve(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]], environment)
