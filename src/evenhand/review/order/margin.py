"""By margin: rows that the model can hardly decide."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import TRUTH_THRESHOLD, Ints
from evenhand.review.order.best_first import best_first
from evenhand.review.order.registry import ORDERS, Order
from evenhand.review.rows.review_rows import ReviewRows


def lacks(rows: ReviewRows) -> str:
    """Return a sentence if no row has probabilities."""
    return "" if rows.predicted.any() else "No row has probabilities: review the record of a finished run."


def rank(rows: ReviewRows, _seed: int) -> Ints:
    """Return (n,) positions by the margin between the two most probable classes, the smallest first.

    It is margin sampling (Scheffer, Decomain and Wrobel 2001). Where several classes may hold, the margin of a row
    is that of its least certain class, its distance from 0.5.
    """
    p = rows.probabilities
    if rows.multi_label:
        margin = np.abs(p - TRUTH_THRESHOLD).min(axis=1)
    elif rows.k > 1:
        top = np.partition(p, rows.k - 2, axis=1)
        margin = top[:, -1] - top[:, -2]
    else:
        margin = p[:, 0]
    return best_first(rows, -np.where(rows.predicted, margin, np.nan).astype(np.float64))


ORDERS.register("margin")(Order("Rows between two classes first, where the model can hardly decide.", rank, lacks))
