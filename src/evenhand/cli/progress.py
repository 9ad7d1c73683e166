"""Progress of a verb on standard error."""

from __future__ import annotations

from contextlib import AbstractContextManager

from evenhand.cli.console import Out
from evenhand.pipeline.stages.execution import progress_bars
from evenhand.pipeline.stages.execution.progress import Watcher


def watching() -> AbstractContextManager[Watcher]:
    """Return a context with bars if standard error is a terminal, else lines."""
    return progress_bars.watching(Out(stderr=True))
