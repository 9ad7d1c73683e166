"""Progress bars on standard error, in a terminal or a notebook; elsewhere messages only."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from evenhand.base.text.escaping import printable, printable_lines
from evenhand.pipeline.stages.execution.progress import Watcher

P = ParamSpec("P")
R = TypeVar("R")

_PLAIN: dict[str, Any] = {"markup": False, "emoji": False, "highlight": False, "soft_wrap": True}
"""Names are printed literally: they may hold markup or emoji codes."""


class Bars:
    """A progress bar for each step of the run, the current one at the bottom."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: int | None = None

    def stage(self, name: str, total: int | None = None) -> None:
        """Complete the current bar and open one for `name`."""
        self.close()
        self._task = self._progress.add_task(printable(name), total=total)

    def advance(self, done: int, total: int | None = None) -> None:
        """Update the current bar."""
        if self._task is not None:
            self._progress.update(self._task, completed=done, **({} if total is None else {"total": total}))  # type: ignore[arg-type]

    def message(self, text: str) -> None:
        """Print a line above the bars."""
        self._progress.console.print(printable_lines(text), **_PLAIN)

    def close(self) -> None:
        """Complete the current bar."""
        if self._task is not None:
            bar = next(t for t in self._progress.tasks if t.id == self._task)
            # A bar without a total pulses for ever; given one, it ends full.
            total = bar.total if bar.total is not None else max(bar.completed, 1)
            self._progress.update(self._task, total=total, completed=total)  # type: ignore[arg-type]
            self._task = None


class Lines:
    """Messages only (warnings, retries): for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def stage(self, name: str, total: int | None = None) -> None:
        """Print nothing: logs hold results, not progress."""

    def advance(self, done: int, total: int | None = None) -> None:
        """Print nothing."""

    def message(self, text: str) -> None:
        """Print the line."""
        self._console.print(printable_lines(text), **_PLAIN)


@contextlib.contextmanager
def watching(console: Console | None = None) -> Iterator[Watcher]:
    """Yield bars if the console (standard error) is a terminal or a notebook, else lines."""
    console = console or Console(stderr=True)
    if not (console.is_terminal or console.is_jupyter):
        yield Lines(console)
        return
    columns = (
        TextColumn("{task.description}", style="progress.description", markup=False),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bars = Bars(progress)
        yield bars
        bars.close()


def shows_progress(verb: Callable[P, R]) -> Callable[P, R]:
    """Return a verb that shows its progress unless the caller passes a `watcher`, such as `Silent()`."""

    @functools.wraps(verb)
    def shown(*args: P.args, **kwargs: P.kwargs) -> R:
        # Verbs call each other with the watcher that they have: only the outermost one opens bars.
        if kwargs.get("watcher") is not None:
            return verb(*args, **kwargs)
        with watching() as watcher:
            kwargs["watcher"] = watcher
            return verb(*args, **kwargs)

    return shown
