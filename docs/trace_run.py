"""Print the files of the package in the order in which a run on the smallest photos first calls into them.

    python docs/trace_run.py

The order of "A run, followed" in ARCHITECTURE.md comes from here. A file counts when one of its functions is
called; importing it does not count. One process does everything (`compute.workers = 0`), so nothing is missed.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import evenhand

PACKAGE = str(Path(evenhand.__file__).parent) + os.sep
SMALL = ("compute.workers=0", "compute.threads=1", "folds.k=2", "train.epochs=2", "evaluate.draws=200")


def main() -> None:
    """Trace one run and print its files, numbered."""
    first: dict[str, str] = {}

    def note(frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        # bodies of modules and classes, and what decorators do at import, are not the run
        if event == "call" and code.co_filename.startswith(PACKAGE) and not _importing(frame):
            first.setdefault(code.co_filename[len(PACKAGE) :], code.co_name)

    with tempfile.TemporaryDirectory() as folder:
        from evenhand.base.seeds import generator
        from evenhand.modalities import KINDS

        toml = KINDS.get("photos").example(generator("trace"), 32, Path(folder))
        places = (f'output="{folder}/runs"', f'compute.store="{folder}/store"')
        threading.setprofile(note)
        sys.setprofile(note)
        try:
            from evenhand.cli import main as shell

            sys.argv = [
                "evenhand",
                "run",
                str(toml),
                *(word for one in (*SMALL, *places) for word in ("--set", one)),
            ]
            with contextlib.suppress(SystemExit):
                shell()
        finally:
            sys.setprofile(None)
            threading.setprofile(None)  # type: ignore[arg-type]
    for number, (file, function) in enumerate(first.items(), 1):
        print(f"{number:4d}  {file}  ({function})")


def _importing(frame: FrameType) -> bool:
    """Return whether a frame runs below the import of a module."""
    back = frame.f_back
    while back is not None:
        if back.f_code.co_filename.startswith("<frozen importlib"):
            return True
        back = back.f_back
    return False


if __name__ == "__main__":
    main()
