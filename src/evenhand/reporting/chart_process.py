"""A subprocess that renders charts: the chart library may abort its process, and then only one chart is lost."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

PATIENCE_SECONDS = 120.0
"""Timeout of one chart, including the start of the process."""

_PROGRAM = """
import json, os, signal, sys
answers = os.fdopen(os.dup(1), "wb", buffering=0)
os.dup2(2, 1)
import vl_convert
vl_convert.vegalite_to_svg({"mark": "point", "data": {"values": []}}, allowed_base_urls=[])
signal.alarm(60)  # the parent is gone, or has no more charts
for line in sys.stdin.buffer:
    signal.alarm(0)
    try:
        answer = {"svg": vl_convert.vegalite_to_svg(json.loads(line), allowed_base_urls=[])}
    except Exception as error:
        answer = {"error": str(error)}
    answers.write(json.dumps(answer).encode() + b"\\n")
    signal.alarm(60)
"""
_IDLE_SECONDS = 30.0
"""After this idle time the process may be about to exit by itself (alarm above); another is started."""


class ChartError(Exception):
    """A chart could not be rendered; the message gives a short reason."""


class Drawing:
    """A process that converts Vega-Lite to SVG, one chart at a time, and is restarted when it dies."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._used = 0.0

    def start(self) -> None:
        """Start the process in advance, if it is not running, so that it is ready for the first chart."""
        idle = time.monotonic() - self._used > _IDLE_SECONDS
        if self._process is not None and self._process.poll() is None and not idle:
            return
        self.close()
        self._used = time.monotonic()
        program = f"import sys; sys.path[:] = {sys.path!r}\n{_PROGRAM}"
        self._process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=tempfile.gettempdir(),
            start_new_session=True,  # Ctrl-C goes to the parent, which closes it
            bufsize=0,
        )

    def svg(self, spec: dict[str, Any]) -> str:
        """Return a chart as SVG text.

        Raises
        ------
        ChartError
            If the library rejects the chart, crashes or takes too long.
        """
        with self._lock:
            try:
                self.start()
                answer = self._asked(json.dumps(spec).encode() + b"\n")
                self._used = time.monotonic()
            except (OSError, EOFError, TimeoutError) as error:
                self.close()
                raise ChartError(str(error) or "the chart library ended") from None
        if "error" in answer:
            words = " ".join(str(answer["error"]).split()).partition(" at ")[0]  # what follows is a stack
            raise ChartError(words[:200] or "the chart library refused it")
        return str(answer["svg"])

    def close(self) -> None:
        """End the process; may be called more than once."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            process.wait()

    def _asked(self, line: bytes) -> dict[str, Any]:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        left = memoryview(line)
        while left:
            left = left[process.stdin.write(left) or 0 :]
        received = bytearray()
        with selectors.DefaultSelector() as ready:
            ready.register(process.stdout, selectors.EVENT_READ)
            while not received.endswith(b"\n"):
                if not ready.select(PATIENCE_SECONDS):
                    raise TimeoutError(f"the chart library took more than {PATIENCE_SECONDS:.0f} seconds")
                part = os.read(process.stdout.fileno(), 1 << 20)
                if not part:
                    raise EOFError("the chart library ended")
                received += part
        return dict(json.loads(received))


DRAWING = Drawing()
"""The chart process of this process; it ends with it."""

atexit.register(DRAWING.close)
