"""By findings of the doctor."""

from __future__ import annotations

from itertools import chain

import numpy as np

from evenhand.base.values import Finding, Ints
from evenhand.review.order.registry import ORDERS, Order
from evenhand.review.rows.review_rows import ReviewRows

_SEVERITY = {"error": 0, "warning": 1, "note": 2}


def lacks(rows: ReviewRows) -> str:
    """Return a sentence if no finding concerns a row."""
    return "" if rows.findings else "No finding concerns a row of this review."


def rank(rows: ReviewRows, _seed: int) -> Ints:
    """Return (n,) positions: rows with the most severe findings first, of equal ones those that name fewest rows.

    The rows of a finding stay together and in its order, which puts copies side by side and suspected labels by
    suspicion. Rows without a finding follow.
    """
    ids = chain.from_iterable(finding.ids for finding in sorted(rows.reported, key=_precedence))
    named = [rows.position(row) for row in dict.fromkeys(ids) if row in rows]
    rest = np.ones(len(rows), dtype=bool)
    rest[named] = False
    return np.concatenate([np.array(named, dtype=np.int64), np.flatnonzero(rest)])


def _precedence(finding: Finding) -> tuple[int, int]:
    return _SEVERITY[finding.severity], len(finding.ids)


ORDERS.register("findings")(
    Order(
        "Rows with findings first (copies, blank pictures, suspected labels), the most severe first.", rank, lacks
    )
)
