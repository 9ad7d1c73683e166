"""A log and its state together, for several tabs, threads and processes at once."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from pathlib import Path

from evenhand.base.errors import DataError
from evenhand.review.log.event import Event, event_id
from evenhand.review.log.log_file import DecisionLog
from evenhand.review.log.replay import ReviewState


class LiveReview:
    """A review as it goes on: what others wrote is read before anything is decided, under the lock of the log.

    So two tabs cannot undo the same decision twice, and none decides by a state that is out of date.

    Attributes
    ----------
    log, state
        The log, and its state as read last: read it after `refresh`, and change it through methods only.
    """

    def __init__(self, path: Path | str) -> None:
        self.log = DecisionLog(path)
        self.state = ReviewState()
        self._offset = 0
        self._guard = threading.RLock()
        # Every event stays, so looking for garbage among them, over and over, takes a third of the time.
        collects = gc.isenabled()
        gc.disable()
        try:
            self.refresh()
        finally:
            if collects:
                gc.enable()

    def refresh(self) -> list[Event]:
        """Read what was written since, and return the events that changed something.

        Raises
        ------
        DataError
            If the log cannot be read.
        """
        with self._guard:
            events, self._offset = self.log.events(self._offset)
            return [event for event in events if self.state.apply(event)]

    def add(self, event: Event) -> bool:
        """Write a decision or a note and return True once it is on disk; False if its id is in the log already.

        Raises
        ------
        DataError
            If it cannot be written.
        """
        with self._guard:
            written = self.log.append(event)
            self.refresh()
            return written

    def undo(self, reviewer: str, id: str | None = None) -> Event | None:
        """Take back the latest decision of a reviewer and return the event written; None if there is none.

        Parameters
        ----------
        id
            The id for the event: sent twice, it takes back one decision, and both get the same answer.

        Raises
        ------
        DataError
            If it cannot be written, or the id is that of another event.
        """
        return self._step("undo", reviewer, id, self.state.undo_target)

    def redo(self, reviewer: str, id: str | None = None) -> Event | None:
        """Make the decision again that a reviewer took back last; otherwise as `undo`."""
        return self._step("redo", reviewer, id, self.state.redo_target)

    def _step(
        self, kind: str, reviewer: str, id: str | None, target: Callable[[str], Event | None]
    ) -> Event | None:
        with self._guard, self.log.writing() as writer:
            self.refresh()
            before = None if id is None else self.state.event(event_id(id))
            if before is not None and (before.kind, before.reviewer) != (kind, reviewer):
                raise DataError(f"The event {id} is in the log already, as {before.kind} of {before.reviewer}.")
            if before is not None:
                writer.append(before)  # not written again, but on disk when this returns
                return before
            decision = target(reviewer)
            if decision is None:
                return None
            more = {} if id is None else {"event": id}
            event = Event.new(kind, reviewer, decision.row, decision.from_, target=decision.event, **more)
            writer.append(event)
            self.refresh()
            return event
