"""Batches of rows of different lengths, so that little of them is padding. Without torch."""

from __future__ import annotations

from typing import Any

import numpy as np

from evenhand.base.values import Ints
from evenhand.training.inputs.batch_order import batched

MOST_PADDING = 0.1
"""Share of padding, were every batch padded to the longest row, up to which the length of rows does not matter."""
POOL = 8
"""Batches whose rows are sorted by length together; the fewer, the more random batches are."""


def lengths_of(inputs: Any) -> Ints | None:
    """Return (n,) lengths of the rows of some inputs; None where hardly anything of a batch is padding.

    Batches of rows of one length should be random in every respect; rows sorted by length are alike in more than
    their length.
    """
    lengths: Ints | None = getattr(inputs, "lengths", None)
    if lengths is None or not len(lengths):
        return None
    return lengths if 1 - lengths.mean() / max(int(lengths.max()), 1) > MOST_PADDING else None


def batched_by_length(rows: Ints, size: int, lengths: Ints, rng: np.random.Generator) -> tuple[Ints, list[int]]:
    """Return rows batch after batch, each of rows of similar length, and the sizes of the batches.

    Rows of `POOL` batches that follow one another are sorted by length and cut into batches, which come in random
    order (bucketing; Khomenko et al. 2016). Numbers and sizes of batches are those of `batched`.

    Parameters
    ----------
    rows
        (n,) positions in random order.
    lengths
        (m,) length by position.
    rng
        Puts the batches in order.
    """
    _, sizes = batched(rows, size)
    edges = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    batches = []
    for first in range(0, len(sizes), POOL):
        last = min(first + POOL, len(sizes))
        pool = rows[edges[first] : edges[last]]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches += [np.sort(one) for one in np.split(pool, edges[first + 1 : last] - edges[first])]
    order = rng.permutation(len(batches))
    return (np.concatenate([batches[one] for one in order]) if len(order) else rows), [sizes[one] for one in order]
