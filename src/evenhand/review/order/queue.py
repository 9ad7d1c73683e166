"""The queue of a reviewer: which row comes next."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from evenhand.base.values import Ints, Strings
from evenhand.review.log.event import DECISIONS, Event
from evenhand.review.log.replay import ReviewState
from evenhand.review.order.filters import NO_CLASS, Filters
from evenhand.review.order.progress import Progress, progress_of
from evenhand.review.order.registry import ORDERS
from evenhand.review.rows.review_rows import ReviewRows

_KIND = {name: 1 + place for place, name in enumerate(DECISIONS)}
LOOKED_BACK = 1000
"""Latest decisions among which one in this queue is looked for, to go on behind it."""


class Queue:
    """The rows that pass some filters, in an order, and what of them is still to be shown to a reviewer.

    A row is shown until the reviewer decides about it. Which rows are in the queue is settled when it is made: a
    decision closes a row, but does not move the others, so that a place stays the place of its row. Filters that
    ask for decided rows open them again, until they are decided anew. Whether a row is shown blind has no part in
    this.

    Parameters
    ----------
    rows
        n rows.
    order
        A name in `ORDERS`.
    filters
        What rows must have.
    state
        The decisions so far. It may change later: `follow` then takes the events, which costs the same for one row
        as for a hundred thousand; without it the next call counts all decisions again.
    reviewer
        Who looks.
    seed
        The seed of random orders.

    Raises
    ------
    EvenhandError, DataError
        If there is no such order, or a filter names a value that no row has.
    """

    def __init__(
        self,
        rows: ReviewRows,
        order: str = "by_class",
        filters: Filters | None = None,
        state: ReviewState | None = None,
        reviewer: str = "",
        *,
        seed: int = 0,
    ) -> None:
        self.rows, self.order, self.reviewer = rows, order, reviewer
        self.filters = Filters() if filters is None else filters
        self.state = ReviewState() if state is None else state
        ranked = ORDERS.get(order).rank(rows, seed)
        self._positions = ranked[self.filters.passing(rows, self.state, reviewer)[ranked]]
        self._place = np.full(len(rows), -1)
        self._place[self._positions] = np.arange(len(self._positions))
        self._held = _held_here(rows, self._place)
        self._before: dict[int, str] = {}
        if self.filters.again:
            self._before = {
                place: event.event for row in self.state.rows_of(reviewer) for place, event in self._here(row)
            }
        self._kind = np.zeros(len(self), dtype=np.int64)
        self._open = np.ones(len(self), dtype=bool)
        self._seen = -1

    def __len__(self) -> int:
        return len(self._positions)

    @property
    def ids(self) -> Strings:
        """(m,) the ids of all rows of the queue, decided or not."""
        return np.asarray(self.rows.ids[self._positions])

    def at(self, place: int) -> str:
        """Return the id of the row at a place, 0..m-1."""
        return str(self.rows.ids[self._positions[place]])

    def place(self, row: str) -> int | None:
        """Return the place of a row, None if it is not in this queue.

        Raises
        ------
        DataError
            If there is no such row.
        """
        place = int(self._place[self.rows.position(row)])
        return None if place < 0 else place

    def next(self, after: str | None = None) -> str | None:
        """Return the id of the next row to be shown, or None if there is none behind `after`.

        Parameters
        ----------
        after
            The row that was shown last. Without one, or with one that is not in this queue, the queue resumes
            behind the reviewer's latest decision, or at the first row that was passed over if nothing is left
            behind that.
        """
        return next(iter(self.upcoming(1, after)), None)

    def upcoming(self, n: int, after: str | None = None) -> list[str]:
        """Return the ids of the next `n` rows to be shown, to be loaded ahead; otherwise as `next`."""
        self._catch_up()
        place = None if after is None else self.place(after)
        if place is not None:
            return self._open_from(place + 1, n)
        return self._open_from(self._resumed(), n) or self._open_from(0, n)

    def open(self) -> Ints:
        """Return the positions among all rows of those that are still to be shown, in the order of the queue."""
        self._catch_up()
        return np.asarray(self._positions[self._open])

    def previous(self, before: str) -> str | None:
        """Return the id of the row before another, decided or not; None at the beginning or outside the queue."""
        place = self.place(before)
        return None if not place else self.at(place - 1)

    def progress(self) -> Progress:
        """Return how far the reviewer is."""
        self._catch_up()
        return progress_of(self._kind, int(self._open.sum()), *self._held, (*self.rows.classes, NO_CLASS))

    def follow(self, events: Iterable[Event]) -> None:
        """Take events that the state has applied since the last call, all of them."""
        if self._seen < 0:
            return  # everything is counted by the first question anyway
        for event in events:
            self._take(event.row)
        self._seen = len(self.state)

    def _open_from(self, place: int, n: int) -> list[str]:
        found: list[str] = []
        while len(found) < n and place < len(self):
            step = int(self._open[place:].argmax())  # of booleans it ends at the first that holds
            if not self._open[place + step]:
                break
            found.append(self.at(place + step))
            place += step + 1
        return found

    def _resumed(self) -> int:
        """Return the place behind the reviewer's latest decision here; 0 if rows are shown again."""
        if self.filters.again:
            return 0
        for event in self.state.latest(self.reviewer, LOOKED_BACK):
            if event.row in self.rows and (place := self.place(event.row)) is not None:
                return place + 1
        return 0

    def _catch_up(self) -> None:
        """Count all decisions of the reviewer again if the state has events that `follow` was not given."""
        if self._seen == len(self.state):
            return
        self._kind[:], self._open[:] = 0, True
        for row in self.state.rows_of(self.reviewer):
            self._take(row)
        self._seen = len(self.state)

    def _take(self, row: str) -> None:
        """Note the decision on a row, or that there is none any more."""
        if row not in self.rows or (place := self.place(row)) is None:
            return
        event = self.state.of(self.reviewer, row)
        self._kind[place] = 0 if event is None else _KIND[event.kind]
        self._open[place] = event is None or event.event == self._before.get(place)

    def _here(self, row: str) -> Iterable[tuple[int, Event]]:
        event = self.state.of(self.reviewer, row)
        if event is not None and row in self.rows and (place := self.place(row)) is not None:
            yield place, event


def _held_here(rows: ReviewRows, place: Ints) -> tuple[Ints, Ints]:
    """Return place and class of each label of the rows of a queue; the class k for a row without a label."""
    row, label = rows.held
    bare = np.ones(len(rows), dtype=bool)
    bare[row] = False
    without = np.flatnonzero(bare)
    row, label = np.concatenate([row, without]), np.concatenate([label, np.full(len(without), rows.k)])
    there = place[row] >= 0
    return place[row[there]], label[there]
