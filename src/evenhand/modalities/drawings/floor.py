"""Trivial features of drawings: counts of primitives by type."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats, Ints
from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.drawings.vocabulary import NODE_TYPES


def entity_counts(entry: StoreEntry, rows: Ints) -> Floats:
    """Return (n, types) how many primitives of each type a drawing has; the first columns of its nodes."""
    stored = entry["nodes"]
    types = len(NODE_TYPES)
    return np.stack([np.asarray(stored[int(row)], np.float64)[:, :types].sum(axis=0) for row in rows])
