"""Progress bars on a terminal's standard error; elsewhere a line per stage."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from evenhand.base.escaping import printable
from evenhand.cli.console import Out
from evenhand.pipeline.progress import Watcher


class Bars:
    """A bar for each stage of the run, the one in work at the bottom."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: int | None = None

    def stage(self, name: str, total: int | None = None) -> None:
        """Close the bar before and open one for `name`."""
        self.close()
        self._task = self._progress.add_task(printable(name), total=total)

    def advance(self, done: int, total: int | None = None) -> None:
        """Set how much of the stage is done."""
        if self._task is not None:
            self._progress.update(self._task, completed=done, **({} if total is None else {"total": total}))  # type: ignore[arg-type]

    def says(self, text: str) -> None:
        """Print a line above the bars."""
        self._progress.console.print(text)

    def close(self) -> None:
        """Fill the bar in work."""
        if self._task is not None:
            bar = next(t for t in self._progress.tasks if t.id == self._task)
            total = bar.total if bar.total is not None else max(bar.completed, 1)
            self._progress.update(self._task, total=total, completed=total)  # type: ignore[arg-type]
            self._task = None


class Lines:
    """Only what must be told (warnings, retries): for logs and pipes."""

    def __init__(self, console: Out) -> None:
        self._console = console
        self._since = time.monotonic()

    def stage(self, name: str, total: int | None = None) -> None:
        """Say nothing: a log holds results, not steps."""

    def advance(self, done: int, total: int | None = None) -> None:
        """Say nothing."""

    def says(self, text: str) -> None:
        """Print the line."""
        self._console.print(text)


@contextlib.contextmanager
def watching() -> Iterator[Watcher]:
    """Give bars where standard error is a terminal, else lines."""
    console = Out(stderr=True)
    if not console.is_terminal:
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
