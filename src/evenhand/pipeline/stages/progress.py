"""What a run tells while it works; the shell draws bars from it, a notebook may print."""

from __future__ import annotations

from typing import Protocol


class Watcher(Protocol):
    """Somebody who watches a run."""

    def stage(self, name: str, total: int | None = None) -> None:
        """A stage begins; `total` is how many steps it has, where that is known."""

    def advance(self, done: int, total: int | None = None) -> None:
        """`done` steps of the stage are done."""

    def says(self, text: str) -> None:
        """Something a person should read now."""


class Silent:
    """A watcher that looks away."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Do nothing."""

    def advance(self, done: int, total: int | None = None) -> None:
        """Do nothing."""

    def says(self, text: str) -> None:
        """Do nothing."""
