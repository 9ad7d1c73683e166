"""Which rows a batch holds: drawn by a generator that is named by what it is for, without torch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np

from evenhand.base.values import Floats, Ints

S = TypeVar("S", bound=Any)


def shuffled(rows: Ints, rng: np.random.Generator) -> Ints:
    """Return the rows in a new order, each once."""
    return rng.permutation(rows)


def drawn(rows: Ints, chances: Floats, rng: np.random.Generator, size: int | None = None) -> Ints:
    """Return `size` rows (as many as there are), drawn in proportion to their chances, in a new order.

    Drawing is systematic (Madow 1949): with an expected number of 2.3, a row comes two or three times and
    never five times or not at all. It goes through the rows from the smallest chance to the largest, so that
    classes hold what they should up to a row, and in a random order where chances are alike.

    Parameters
    ----------
    rows
        (n,) positions.
    chances
        (n,) relative chances, none below 0, not all 0.
    """
    order, size = rng.permutation(len(rows)), len(rows) if size is None else size
    order = order[np.argsort(chances[order], kind="stable")]
    edges = np.cumsum(chances[order])
    points = (np.arange(size) + rng.random()) * (edges[-1] / size)
    picked = np.searchsorted(edges, points, side="right")
    return rng.permutation(rows[order[np.minimum(picked, len(rows) - 1)]])


def arranged(rows: Ints, size: int) -> tuple[Ints, list[int]]:
    """Return the rows batch after batch, and the sizes of the batches.

    Batches hold at most `size` rows and differ by one row at most: even batches leave no small one at the end,
    whose noise would count as much as a full batch. A single row, which batch normalisation cannot take, is left
    only where `size` is 1 or there is no other row: with a size of 2 and an odd number of rows, one batch holds
    three. Within a batch rows ascend, so that a file is read from front to back.

    >>> rows, sizes = arranged(np.array([3, 1, 2, 0, 4]), 4)
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
    """Return how many batches `arranged` makes of so many rows.

    >>> batch_count(65, 64), batch_count(7, 2), batch_count(1, 2)
    (2, 3, 1)
    """
    count = -(-rows // size)
    return count - 1 if size > 1 and count > 1 and rows < 2 * count else count


def in_order(rows: S, size: int) -> Iterator[S]:
    """Yield the rows (an array or a tensor) as they are, `size` at a time."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
