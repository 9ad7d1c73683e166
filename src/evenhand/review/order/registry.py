"""Orders of review by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evenhand.base.registry import Registry
from evenhand.base.values import Ints
from evenhand.review.rows.review_rows import ReviewRows

Ranking = Callable[[ReviewRows, int], Ints]


def _lacks_nothing(_rows: ReviewRows) -> str:
    return ""


@dataclass(frozen=True)
class Order:
    """An order in which rows are shown. It sees rows and not reviewers, so that all of them get the same one.

    Attributes
    ----------
    description
        One sentence for the person who chooses it.
    ranking
        A function of the rows and a seed that returns (n,) their positions, each once: what to look at first is
        first.
    lacks
        A function of the rows that says in a sentence what they do not have and the order needs; "" if they have
        all. The order then still ranks every row, by its position in the table.
    """

    description: str
    ranking: Ranking
    lacks: Callable[[ReviewRows], str] = _lacks_nothing

    def rank(self, rows: ReviewRows, seed: int = 0) -> Ints:
        """Return (n,) int64 the positions of the rows, those to look at first first."""
        return self.ranking(rows, seed)


ORDERS: Registry[Order] = Registry(
    "order of review", group="evenhand.review_orders", package="evenhand.review.order"
)
