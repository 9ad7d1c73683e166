"""The grid: lists of rows in which every row keeps its place, and what the tiles at some places show."""

from __future__ import annotations

import secrets
from threading import Lock
from typing import Any

from cachetools import LRUCache

from evenhand.base.errors import DataError
from evenhand.base.values import Ints
from evenhand.review.server.cards import shown, suggestion_of
from evenhand.review.server.session import ReviewSession
from evenhand.review.server.view import View

MOST_TILES = 200
"""How many tiles one answer holds at most."""
LISTS = 16
"""How many lists are kept; a tab has one at a time, and begins another if its own is gone."""


class ReviewGrid:
    """The lists of a session; threads may share it."""

    def __init__(self, session: ReviewSession) -> None:
        self._session = session
        self._paths: list[str] = session.rows.samples.frame["path"].tolist()
        self._lists: LRUCache[str, Ints] = LRUCache(LISTS)
        self._lock = Lock()

    def begin(self, view: View, *, near: str = "") -> dict[str, Any]:
        """Return the name of a new list of the rows of a view that are open now, its length and where to begin.

        Parameters
        ----------
        near
            The row at which to begin; without one, or where it is not open, where the queue resumes.

        Raises
        ------
        EvenhandError
            If there is no such order or value of a filter.
        """
        listed, start = self._session.open_rows(view, near=near)
        name = secrets.token_hex(8)
        with self._lock:
            self._lists[name] = listed
        return {"grid": name, "total": len(listed), "start": start}

    def tiles(self, name: str, start: int, n: int) -> list[dict[str, Any]]:
        """Return what the tiles of some places show, at most `MOST_TILES`.

        Raises
        ------
        DataError
            If there is no such list, as after another start of the server.
        """
        with self._lock:
            listed = self._lists.get(name)
        if listed is None:
            raise DataError("This list of rows is not there any more; open the grid again.")
        places = listed[start : start + min(n, MOST_TILES)].tolist()
        rows = [str(self._session.rows.ids[at]) for at in places]
        own = self._session.own(rows)
        return [
            {
                "row": row,
                "name": shown(self._paths[at] or row),
                "label": list(self._session.rows.labels[at]),
                "suggestion": None if self._session.blind(row) else suggestion_of(self._session.rows, at),
                "mine": mine,
            }
            for at, row, mine in zip(places, rows, own, strict=True)
        ]
