"""Ctrl-C, SIGTERM and SIGHUP stop a verb alike: finished work is kept, and the exit code says that it can go on."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from evenhand.cli.console import print_at_once

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LAST = 3
"""The signal, counted from one, at which the program ends at once."""

_received: list[int] = []


def stopped_by() -> str:
    """Return the name of the signal that stops the verb ("SIGTERM"), or "" for Ctrl-C."""
    return "" if not _received or _received[0] == signal.SIGINT else signal.Signals(_received[0]).name


@contextlib.contextmanager
def stopping() -> Iterator[None]:
    """Raise `KeyboardInterrupt` at the first of these signals, and none at the next ones, within a block.

    A second exception would break off what closes files and ends workers. Signals that are ignored, as under nohup,
    stay ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _received.clear()
    before = {one: signal.getsignal(one) for one in _SIGNALS}
    for one, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(one, _stop)
    try:
        yield
    finally:
        for one, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(one, signal.SIG_DFL if handler is None else handler)


def _stop(number: int, _: FrameType | None) -> None:
    _received.append(number)
    if len(_received) == 1:
        raise KeyboardInterrupt
    if len(_received) >= _LAST:
        # Workers end with this process, and files are written under other names until they are whole.
        os._exit(3)
    print_at_once("Stopping; once more to end at once.")
