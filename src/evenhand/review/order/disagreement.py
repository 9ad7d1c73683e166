"""By disagreement of the models of a run."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Ints
from evenhand.review.order.best_first import best_first
from evenhand.review.order.registry import ORDERS, Order
from evenhand.review.rows.review_rows import ReviewRows


def lacks(rows: ReviewRows) -> str:
    """Return a sentence if no row was predicted by two models."""
    if np.isfinite(rows.disagreement).any():
        return ""
    return "No row was predicted by two models: review the record of a run with two or more entries of [[model]]."


def rank(rows: ReviewRows, _seed: int) -> Ints:
    """Return (n,) positions by how far models are from one another (`rows.disagreement`), the farthest first."""
    return best_first(rows, rows.disagreement)


ORDERS.register("disagreement")(
    Order("Rows on which the models of the run differ most first, whatever the label.", rank, lacks)
)
