"""Positions of rows by a score, the highest first."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats, Ints
from evenhand.review.rows.review_rows import ReviewRows


def best_first(rows: ReviewRows, score: Floats) -> Ints:
    """Return (n,) positions: rows with held-out probabilities by falling score, then the other rows.

    Scores of models that had seen a row say less about it than those of others, so they stand behind them, whatever
    they are; last come rows without a score (NaN). Equal rows stay in the order of the table.
    """
    unscored = np.isnan(score)
    tier = np.where(unscored, 2, np.where(rows.held_out, 0, 1))
    return np.lexsort((np.where(unscored, 0.0, -score), tier))  # stable; the last key is the first to sort by
