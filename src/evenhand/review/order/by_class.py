"""Class by class."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Ints
from evenhand.review.order.registry import ORDERS, Order
from evenhand.review.rows.review_rows import ReviewRows


def first_class(rows: ReviewRows) -> Ints:
    """Return (n,) the first class of each row, k for a row without one."""
    out = np.full(len(rows), rows.k)
    row, label = rows.held
    np.minimum.at(out, row, label)
    return out


def rank(rows: ReviewRows, _seed: int) -> Ints:
    """Return (n,) positions by class, then in the order of the table; rows without a label last.

    A row with several labels comes once, with the first of them.
    """
    return np.argsort(first_class(rows), kind="stable")


ORDERS.register("by_class")(Order("Class by class, in the order of the table; rows without a label last.", rank))
