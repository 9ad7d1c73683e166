"""Order of rows and their batches, without torch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np

from evenhand.base.values import Floats, Ints

S = TypeVar("S", bound=Any)


def shuffled(rows: Ints, rng: np.random.Generator) -> Ints:
    """Return the rows in a new order, each once."""
    return rng.permutation(rows)


def systematic_sample(rows: Ints, weights: Floats, rng: np.random.Generator, size: int | None = None) -> Ints:
    """Return `size` rows (by default as many as there are), sampled by their weights, in random order.

    Sampling is systematic (Madow 1949): a row with an expected count of 2.3 is taken two or three times, never five
    times or not at all. Rows are passed in order of their weights, so that the share of each class is exact up to
    one row, and in random order where weights are equal.

    Parameters
    ----------
    rows
        (n,) positions.
    weights
        (n,) sampling weights, none below 0, not all 0.
    """
    order, size = rng.permutation(len(rows)), len(rows) if size is None else size
    order = order[np.argsort(weights[order], kind="stable")]
    edges = np.cumsum(weights[order])
    # One random offset for all points: each row then gets its expected count, rounded down or up.
    points = (np.arange(size) + rng.random()) * (edges[-1] / size)
    picked = np.searchsorted(edges, points, side="right")
    # rounding may leave the last point at or above the last edge
    return rng.permutation(rows[order[np.minimum(picked, len(rows) - 1)]])


def batched(rows: Ints, size: int) -> tuple[Ints, list[int]]:
    """Return the rows batch after batch, and the sizes of the batches.

    Batches hold at most `size` rows and differ by one row at most: there is no small last batch, whose noise would
    count as much as that of a full one. A batch of one row, which batch normalisation cannot take, occurs only
    where `size` is 1 or there is a single row: with a size of 2 and an odd number of rows, one batch holds three.
    Rows of a batch ascend, so that a memory map is read from front to back.

    >>> rows, sizes = batched(np.array([3, 1, 2, 0, 4]), 4)
    >>> rows.tolist(), sizes
    ([1, 2, 3, 0, 4], [3, 2])
    """
    count = batch_count(len(rows), size)
    if count == 0:
        return rows, []
    short, longer = divmod(len(rows), count)
    edge = longer * (short + 1)
    first = np.sort(rows[:edge].reshape(longer, short + 1), axis=1)
    second = np.sort(rows[edge:].reshape(count - longer, short), axis=1)
    sizes = [short + 1] * longer + [short] * (count - longer)
    return np.concatenate([first.reshape(-1), second.reshape(-1)]), sizes


def batch_count(rows: int, size: int) -> int:
    """Return the number of batches that `batched` makes.

    >>> batch_count(65, 64), batch_count(7, 2), batch_count(1, 2)
    (2, 3, 1)
    """
    count = -(-rows // size)
    return count - 1 if size > 1 and count > 1 and rows < 2 * count else count


def in_order(rows: S, size: int) -> Iterator[S]:
    """Yield the rows (an array or a tensor) in their order, `size` at a time."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
