"""What the page is asked and told: rows, their pictures, the order in which they come, and the log of decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np

from evenhand.base.errors import DataError, unknown
from evenhand.base.values import Ints
from evenhand.review.log.event import DECISIONS, Event, Shown
from evenhand.review.log.live_review import LiveReview
from evenhand.review.order.registry import ORDERS
from evenhand.review.rows.pictures import Picture, Pictures
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.server.cards import card_of, shown, suggestion_of

RECENT = 24
"""How many decisions the strip of those made last receives."""
MOST_CARDS = 50
"""How many cards one answer holds at most."""
LARGEST_SIDE = 2048
"""Longer side of the largest picture that is sent, px."""

WHICH = {
    "open": "not decided by you",
    "all": "all",
    "decided": "decided by you",
    "unsure": "unsure",
    "disputed": "disputed",
}
"""Which rows a queue holds by what was decided about them -> the words for it."""


@dataclass(frozen=True)
class View:
    """An order and filters: what a queue holds.

    Attributes
    ----------
    order
        The name of an order.
    label, finding
        A class and the code of a finding that rows must have; "" for any.
    decision
        One of `WHICH`.
    """

    order: str
    label: str = ""
    finding: str = ""
    decision: str = "open"


@dataclass(eq=False)
class ReviewSession:
    """One reviewer at work on some rows; threads may share it.

    Attributes
    ----------
    rows, pictures, live
        The rows, their pictures, and the log with its state.
    reviewer
        The name under which decisions are logged.
    order
        The order that the page begins with.
    seed
        Seed of orders that are random.
    """

    rows: ReviewRows
    pictures: Pictures
    live: LiveReview
    reviewer: str
    order: str
    seed: int = 0
    _ranks: dict[str, Ints] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def check_order(self) -> None:
        """Raise `DataError` if the order that the page begins with is not one."""
        ORDERS.get(self.order)

    def describe(self) -> dict[str, Any]:
        """Return what the page has to know once."""
        self.live.refresh()
        codes = {finding.code: finding for finding in self.rows.reported}
        return {
            "reviewer": self.reviewer,
            "classes": list(self.rows.classes),
            "several": self.rows.multi_label,
            "order": self.order,
            "orders": [
                {
                    "name": name,
                    "description": ORDERS.get(name).description,
                    "lacks": ORDERS.get(name).lacks(self.rows),
                }
                for name in ORDERS.names()
            ],
            "findings": [
                [code, f"{code} ({len(ids):,})"] for code, ids in self.rows.findings.items() if code in codes
            ],
            "decisions": list(WHICH.items()),
            **self.standing(),
        }

    def standing(self) -> dict[str, Any]:
        """Return how many rows are decided, and the decisions made last."""
        state = self.live.state
        decided = sum(row in self.rows for row in state.rows_of(self.reviewer))
        return {
            "counts": {"rows": len(self.rows), "decided": decided},
            "recent": [
                self._entry(event) for event in state.latest(self.reviewer, RECENT) if event.row in self.rows
            ],
        }

    def _entry(self, event: Event) -> dict[str, Any]:
        name = self.rows.samples.frame["path"].iloc[self.rows.position(event.row)]
        to = None if event.to is None else list(event.to)
        return {
            "event": event.event,
            "row": event.row,
            "name": shown(name),
            "kind": event.kind,
            "from": list(event.from_),
            "to": to,
            "saved": True,
        }

    def card(self, row: str) -> dict[str, Any]:
        """Return the card of a row, with what this reviewer decided and noted."""
        mine = self.live.state.of(self.reviewer, row)
        card = card_of(self.rows, row)
        decided = None if mine is None else {"kind": mine.kind, "to": None if mine.to is None else list(mine.to)}
        return {**card, "mine": decided, "note": self.live.state.notes(row).get(self.reviewer)}

    def cards(self, view: View, *, after: str = "", n: int = 12) -> list[dict[str, Any]]:
        """Return the cards of the next rows of a queue, behind the row `after`; at most `MOST_CARDS`."""
        self.live.refresh()
        found = self._queue(view, after)
        return [self.card(row) for row, _ in zip(found, range(min(n, MOST_CARDS)), strict=False)]

    def _queue(self, view: View, after: str) -> Iterator[str]:
        if view.decision not in WHICH:
            raise DataError(unknown("selection of rows", view.decision, WHICH))
        ranks = self._ranked(view.order)
        start = 0
        if after:
            start = int(np.flatnonzero(ranks == self.rows.position(after))[0]) + 1
        wanted = set(self.rows.findings.get(view.finding, ()))
        for position in ranks[start:].tolist():
            row = str(self.rows.ids[position])
            if view.label and view.label not in self.rows.labels[position]:
                continue
            if view.finding and row not in wanted:
                continue
            if self._holds(view.decision, row):
                yield row

    def _holds(self, which: str, row: str) -> bool:
        state = self.live.state
        mine = state.of(self.reviewer, row)
        if which == "disputed":
            return row in state.disputed
        if which == "unsure":
            return mine is not None and mine.kind == "unsure"
        return which == "all" or (mine is None) == (which == "open")

    def _ranked(self, order: str) -> Ints:
        with self._lock:
            if order not in self._ranks:
                self._ranks[order] = ORDERS.get(order).rank(self.rows, self.seed)
            return self._ranks[order]

    def decide(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Log a decision or a note that the page sent, and return where the review stands once it is on disk.

        What was shown is put together here from the row, not taken from the page.

        Raises
        ------
        DataError
            If it is not a decision, or names a row or a class that there is not.
        """
        row, kind, to = document.get("row"), document.get("kind"), document.get("to")
        if not isinstance(row, str):
            raise DataError("A decision must name a row.")
        if kind not in (*DECISIONS, "note"):
            raise DataError(unknown("decision", str(kind), (*DECISIONS, "note")))
        at = self.rows.position(row)
        if isinstance(to, list):
            for name in to:
                if name not in self.rows.classes:
                    raise DataError(unknown("class", str(name), self.rows.classes[:50]))
        suggestion = suggestion_of(self.rows, at)
        was_shown = Shown(
            order=str(document.get("order", "")),
            view=str(document.get("view", "card")),
            suggestion=None if suggestion is None else tuple(suggestion["label"]),
            probability=None if suggestion is None else suggestion["probability"],
            source=str(self.rows.source[at]) or None,
        )
        event = Event.new(
            str(kind),
            self.reviewer,
            row,
            self.rows.labels[at],
            event=document.get("event"),
            to=to,
            note=document.get("note"),
            seconds=document.get("seconds"),
            shown=was_shown,
        )
        self.live.add(event)
        return self.standing()

    def undo(self, event: str) -> dict[str, Any]:
        """Take back the reviewer's latest decision; the answer holds the row's card and words for a person."""
        return self._step(self.live.undo(self.reviewer, event), "Undone: this row is open again.", "undo")

    def redo(self, event: str) -> dict[str, Any]:
        """Make the decision again that was taken back last."""
        return self._step(self.live.redo(self.reviewer, event), "Decided again.", "redo")

    def _step(self, event: Event | None, said: str, what: str) -> dict[str, Any]:
        if event is None or event.row not in self.rows:
            return {"card": None, "said": f"There is nothing to {what}.", **self.standing()}
        return {"card": self.card(event.row), "said": said, **self.standing()}

    def picture(self, row: str, side: int) -> Picture:
        """Return the picture of a row, its longer side at most `side` px.

        Raises
        ------
        EvenhandError
            If there is no such row, or no picture of it.
        """
        return self.pictures.of(row, max(16, min(side, LARGEST_SIDE)))
