"""Random order."""

from __future__ import annotations

import numpy as np

from evenhand.base.seeds import generator
from evenhand.base.values import Ints
from evenhand.review.order.registry import ORDERS, Order
from evenhand.review.rows.review_rows import ReviewRows


def rank(rows: ReviewRows, seed: int) -> Ints:
    """Return (n,) positions in an order that depends on the seed and the number of rows alone."""
    return np.asarray(generator("order of review", seed).permutation(len(rows)))


ORDERS.register("random")(
    Order("Random: what is found in the first rows estimates the share among all of them.", rank)
)
