"""The interface through which a run reports progress, and one that ignores it."""

from __future__ import annotations

from typing import Protocol


class Watcher(Protocol):
    """Receives the progress of a run."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Start a step called `name`; `total` is the number of its parts, if known."""

    def advance(self, done: int, total: int | None = None) -> None:
        """Report that `done` parts of the step are finished."""

    def message(self, text: str) -> None:
        """Show a message to the user now."""


class Silent:
    """A watcher that shows nothing."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Do nothing."""

    def advance(self, done: int, total: int | None = None) -> None:
        """Do nothing."""

    def message(self, text: str) -> None:
        """Do nothing."""
