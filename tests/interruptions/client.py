"""Commands in forks of the server: run, killed at a moment or at an operation on files, or on a broken disk."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import evenhand

_SOURCE = Path(__file__).with_name("faults.c")


@dataclass(frozen=True)
class Ended:
    """How a command ended: exit code (negative for a signal), output, operations on files if they are counted."""

    code: int
    out: str
    err: str
    seconds: float
    cpu: float
    operations: int
    hung: bool

    @property
    def killed(self) -> bool:
        """Whether it was still at work when the signal came."""
        return self.code == -9

    @property
    def faults(self) -> list[str]:
        """What must not be in the end of a command, whatever the disk does."""
        text = self.out + self.err
        signs = ("Traceback (most recent", "Something went wrong", "Exception ignored")
        found = [sign for sign in signs if sign in text]
        if self.hung:
            found.append("hangs")
        if self.code not in (0, 1, 2, 3, -9):
            found.append(f"exit code {self.code}")
        if self.code == 2 and not self.err.strip():
            found.append("no sentence")
        return found


class Commands:
    """The server, and the folder in which its forks work."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.library = compiled(folder)
        tests = str(Path(__file__).resolve().parents[1])
        path = os.pathsep.join([str(Path(evenhand.__file__).parents[1]), tests])
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        fixed = {"PYTHONHASHSEED": "0", "COLUMNS": "200", "NO_COLOR": "1", "XDG_CACHE_HOME": str(folder / "cache")}
        environment = {**os.environ, **threads, **fixed, "PYTHONPATH": path}
        if self.library is not None:
            environment["LD_PRELOAD"] = str(self.library)
        self._server = subprocess.Popen(
            [sys.executable, "-P", "-m", "interruptions.server"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=folder,
        )  # fmt: skip

    def close(self) -> None:
        """End the server."""
        self._server.communicate()

    def call(self, *arguments: str, below: Path | None = None, **how: Any) -> Ended:
        """Run a command.

        Parameters
        ----------
        below
            Folder whose operations are counted, and of which one fails.
        how
            `kill_after` seconds, or `operation` (from 1) with `error` (0 kills) and `lasting`; `file_bytes`, the
            largest file that may be written.
        """
        out, err = self.folder / "command.out", self.folder / "command.err"
        asked: dict[str, Any] = {
            "arguments": arguments, "folder": str(self.folder), "out": str(out), "err": str(err), **how
        }  # fmt: skip
        if below is not None and self.library is not None:
            asked |= {"faults": str(self.library), "below": str(below)}
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        found = json.loads(self._server.stdout.readline())
        return Ended(out=out.read_text("utf-8", "replace"), err=err.read_text("utf-8", "replace"), **found)


def compiled(folder: Path) -> Path | None:
    """Return the library of `faults.c`, or None where there is no compiler of C."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        return None
    library = folder / "faults.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(_SOURCE), "-ldl"], check=True)
    return library
