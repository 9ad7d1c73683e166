"""What the page is asked and told: rows, their pictures, the order in which they come, and the log of decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from cachetools import LRUCache

from evenhand.base.errors import DataError, unknown
from evenhand.base.values import Ints
from evenhand.review.agreement.blind_share import is_blind
from evenhand.review.log.event import DECISIONS, Event, Shown
from evenhand.review.log.live_review import LiveReview
from evenhand.review.order.filters import DISPUTED
from evenhand.review.order.queue import Queue
from evenhand.review.order.registry import ORDERS
from evenhand.review.rows.nearest import NearestRows
from evenhand.review.rows.pictures import Picture, Pictures
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.server.cards import NEAREST, card_of, dispute_of, nearest_of, shown, suggestion_of
from evenhand.review.server.view import WHICH, View

RECENT = 24
"""How many decisions the strip of those made last receives."""
MOST_CARDS = 50
"""How many cards one answer holds at most."""
MOST_GROUPS = 2000
"""How many names of groups are offered."""
LARGEST_SIDE = 2048
"""Longer side of the largest picture that is sent, px."""

QUEUES = 8
"""How many queues are kept: going back to an order or filter is then at once."""


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
    predicting
        Whether rows without probabilities are being predicted.
    seed
        Seed of random orders, and of the rows that are shown without the suggestion.
    planted
        The classes of planted rows, as they are known to be, by id. The page does not mark them.
    nearest
        Finds rows near to another; by default those by probabilities.
    """

    rows: ReviewRows
    pictures: Pictures
    live: LiveReview
    reviewer: str
    order: str
    predicting: bool = False
    seed: int = 0
    planted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    nearest: NearestRows | None = None
    _queues: LRUCache[View, Queue] = field(default_factory=lambda: LRUCache(QUEUES), repr=False)
    _lock: RLock = field(default_factory=RLock, repr=False)
    _seen: int = 0

    def __post_init__(self) -> None:
        self._nearest = self.nearest or NearestRows(self.rows)
        self._every = Queue(self.rows, "by_class", None, self.live.state, self.reviewer)

    def use(self, rows: ReviewRows) -> None:
        """Go on with the same rows, of which more have probabilities: queues are made anew."""
        with self._lock:
            self.rows = rows
            self._queues.clear()
            self._every = Queue(rows, "by_class", None, self.live.state, self.reviewer)
            self._nearest.use(rows)

    def check_order(self) -> None:
        """Raise `DataError` if the order that the page begins with is not one."""
        ORDERS.get(self.order)

    def describe(self) -> dict[str, Any]:
        """Return what the page has to know once."""
        orders = [(name, order.description, order.lacks(self.rows)) for name, order in ORDERS]
        return {
            "reviewer": self.reviewer,
            "classes": list(self.rows.classes),
            "several": self.rows.multi_label,
            "order": self.order,
            "orders": [dict(zip(("name", "description", "lacks"), order, strict=True)) for order in orders],
            "findings": [[code, f"{code} ({len(ids):,})"] for code, ids in self.rows.findings.items()],
            "folds": sorted(set(self.rows.fold.tolist()) - {""}),
            "groups": sorted(set(self.rows.frame["group"]) - {""})[:MOST_GROUPS],
            "decisions": [[name, words] for name, (words, _) in WHICH.items()],
            **self.standing(),
        }

    def progress(self) -> dict[str, Any]:
        """Return how far the reviewer is, over all rows and by class."""
        with self._lock:
            self._follow()
            return self._every.progress().document()

    def standing(self) -> dict[str, Any]:
        """Return how many rows are decided, and the decisions made last."""
        with self._lock:
            self._follow()
            progress = self._every.progress()
            latest = self.live.state.latest(self.reviewer, RECENT)
        return {
            "counts": {"rows": progress.total, "decided": progress.decided},
            "recent": [self._entry(event) for event in latest if event.row in self.rows],
        }

    def _follow(self) -> None:
        """Read what others wrote, and hand the queues all events that the state has; the lock must be held."""
        self.live.refresh()
        events = self.live.state.since(self._seen)
        self._seen += len(events)
        for queue in (self._every, *self._queues.values()):
            queue.follow(events)

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

    def card(self, row: str, which: str = "") -> dict[str, Any]:
        """Return the card of a row, with what this reviewer decided and noted.

        Where disputed rows were asked for, it has the decisions of all reviewers; in no other view, so that nobody
        is led by them.

        Parameters
        ----------
        which
            The rows that the page shows, a key of `WHICH`.

        Raises
        ------
        DataError
            If there is no such row.
        """
        rows = self.rows
        card = card_of(rows, row, identity=self.pictures.kind.shown, blind=self.blind(row))
        if self.predicting and not rows.predicted[rows.position(row)]:
            card["source"] = "This row was not in the run; its models are predicting it."
        with self._lock:
            mine, notes = self.live.state.of(self.reviewer, row), self.live.state.notes(row)
            disputed = which == "disputed" and self.live.state.is_disputed(row)
            every = dispute_of(self.live.state, row) if disputed else []
        return {**card, "mine": _decision(mine), "note": notes.get(self.reviewer), "dispute": every}

    def near(self, row: str) -> dict[str, Any]:
        """Return the rows nearest to a row; none for a blind one, as their labels suggest one for it.

        Raises
        ------
        DataError
            If there is no such row.
        """
        if self.blind(row):
            return {"rows": [], "words": ""}
        return nearest_of(self.rows, row, self._nearest.of(row, NEAREST))

    def blind(self, row: str) -> bool:
        """Return whether the suggestion for a row is hidden, where there is one to hide."""
        there = bool(self.rows.predicted[self.rows.position(row)])
        return there and is_blind(self.seed, self.reviewer, row)

    def cards(self, view: View, *, after: str = "", n: int = 12) -> list[dict[str, Any]]:
        """Return the cards of the next rows of a queue, at most `MOST_CARDS`.

        Parameters
        ----------
        after
            The row that was sent last; "" to begin, or to resume behind the latest decision.

        Raises
        ------
        EvenhandError
            If there is no such order, row or value of a filter.
        """
        with self._lock:
            found = self._queue(view, anew=not after).upcoming(min(n, MOST_CARDS), after or None)
        which = "disputed" if DISPUTED in view.filters.decisions else ""
        return [self.card(row, which) for row in found]

    def _queue(self, view: View, *, anew: bool) -> Queue:
        """Return the queue of a view, with all events that there are; the lock must be held.

        Rows that were decided before are open in a queue until they are decided anew, so each look at them begins
        with a queue of its own.
        """
        self._follow()
        if view not in self._queues or (view.filters.again and anew):
            made = Queue(self.rows, view.order, view.filters, self.live.state, self.reviewer, seed=self.seed)
            self._queues[view] = made
        return self._queues[view]

    def open_rows(self, view: View, *, near: str = "") -> tuple[Ints, int]:
        """Return the positions of the rows of a queue that are open now, and the place among them to begin at.

        That is the place of the row `near`, or where the queue resumes if that is not open.

        Raises
        ------
        EvenhandError
            As `cards`.
        """
        with self._lock:
            queue = self._queue(view, anew=True)
            listed = queue.open()
            first = self.rows.position(near) if near in self.rows else -1
            if first not in listed:
                resumed = queue.next()
                first = -1 if resumed is None else self.rows.position(resumed)
        return listed, int((listed == first).argmax()) if len(listed) else 0

    def own(self, rows: Sequence[str]) -> list[dict[str, Any] | None]:
        """Return what this reviewer decided about each of some rows."""
        with self._lock:
            self._follow()
            return [_decision(self.live.state.of(self.reviewer, row)) for row in rows]

    def decide(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Log a decision or a note that the page sent, and return where the review stands once it is on disk.

        What was shown is put together here from the row, not taken from the page, which says one thing alone: with
        "suggested" false, that its card had no suggestion.

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
            if len(to) != 1 and not self.rows.multi_label:
                raise DataError(f"A row of these data has one class, and {len(to):,} were given.")
            for name in to:
                if name not in self.rows.classes:
                    raise DataError(unknown("class", str(name), self.rows.classes[:50]))
        # Of a blind row too, though the page hid it: after another training it could not be told any more.
        suggestion, source, blind = suggestion_of(self.rows, at), str(self.rows.source[at]) or None, self.blind(row)
        if document.get("suggested") is False and not blind:
            suggestion = source = None  # the page got the card before models predicted the row
        was_shown = Shown(
            order=str(document.get("order", "")),
            view=str(document.get("view", "card")),
            suggestion=None if suggestion is None else tuple(suggestion["label"]),
            probability=None if suggestion is None else suggestion["probability"],
            source=source,
            blind=blind,
            planted=row in self.planted,
        )
        with self._lock:
            return self._logged(document, row, str(kind), was_shown)

    def _logged(self, document: Mapping[str, Any], row: str, kind: str, was_shown: Shown) -> dict[str, Any]:
        self._follow()
        # Only who saw the decisions of the others settles a dispute, and only by one.
        settles = document.get("resolves") is True and kind in DECISIONS and kind != "unsure"
        event = Event.new(
            kind,
            self.reviewer,
            row,
            self.rows.labels[self.rows.position(row)],
            event=document.get("event"),
            to=document.get("to"),
            note=document.get("note"),
            seconds=document.get("seconds"),
            shown=was_shown,
            resolves=settles and self.live.state.is_disputed(row),
        )
        self.live.add(event)
        return self.standing()

    def undo(self, event: str, which: str = "") -> dict[str, Any]:
        """Take back the reviewer's latest decision; the answer holds the row's card and words for a person."""
        with self._lock:
            undone = self.live.undo(self.reviewer, event)
            return self._step(undone, "Undone: this row is open again.", "undo", which)

    def redo(self, event: str, which: str = "") -> dict[str, Any]:
        """Make the decision again that was taken back last."""
        with self._lock:
            return self._step(self.live.redo(self.reviewer, event), "Decided again.", "redo", which)

    def _step(self, event: Event | None, said: str, what: str, which: str) -> dict[str, Any]:
        if event is None or event.row not in self.rows:
            return {"card": None, "said": f"There is nothing to {what}.", **self.standing()}
        return {"card": self.card(event.row, which), "said": said, **self.standing()}

    def picture(self, row: str, side: int) -> Picture:
        """Return the picture of a row, its longer side at most `side` px.

        Raises
        ------
        EvenhandError
            If there is no such row, or no picture of it.
        """
        return self.pictures.of(row, max(16, min(side, LARGEST_SIDE)))


def _decision(event: Event | None) -> dict[str, Any] | None:
    """Return a reviewer's own decision as the page shows it."""
    return None if event is None else {"kind": event.kind, "to": None if event.to is None else list(event.to)}
