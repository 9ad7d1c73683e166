"""What a reviewer asks to see: an order, and which rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from evenhand.base.errors import DataError, unknown
from evenhand.review.log.event import DECISIONS
from evenhand.review.order.filters import DISPUTED, NO_DECISION, Filters

WHICH = {
    "open": ("not decided by you", ()),
    "all": ("all", (NO_DECISION, *DECISIONS)),
    "decided": ("decided by you", DECISIONS),
    "unsure": ("unsure", ("unsure",)),
    "disputed": ("disputed between reviewers", (DISPUTED,)),
}
"""Which rows a queue holds by what was decided about them -> the words for it, and the values of `Filters`."""


@dataclass(frozen=True)
class View:
    """An order and filters: what a queue holds.

    Attributes
    ----------
    order
        The name of an order.
    filters
        What rows must have.
    """

    order: str
    filters: Filters = field(default_factory=Filters)

    @classmethod
    def of(cls, order: str, asked: Mapping[str, str]) -> View:
        """Return the view of plain values: class, group, fold, finding and decision, "" for any.

        Raises
        ------
        DataError
            If the decision is not one of `WHICH`.
        """
        which = asked.get("decision") or "open"
        if which not in WHICH:
            raise DataError(unknown("selection of rows", which, WHICH))
        one = {name: tuple(filter(None, [asked.get(name)])) for name in ("class", "group", "fold", "finding")}
        filters = Filters(one["class"], one["group"], one["fold"], one["finding"], WHICH[which][1])
        return cls(asked.get("order") or order, filters)
