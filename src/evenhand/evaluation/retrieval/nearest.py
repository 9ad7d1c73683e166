"""Exact search: the k nearest rows of an index to each query, in blocks of bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Floats, Ints

Array = npt.NDArray[Any]

CELLS = 2**21
"""Distances that are computed at once; it affects no result."""
QUERIES = 1024
"""Queries that are compared at once, likewise."""


class Index(Protocol):
    """Rows that queries are compared with."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def distances(self, queries: Array, rows: slice) -> Array:
        """Return the (q, r) distances of queries from a slice of the rows; smaller is nearer."""

    def similarity(self, distances: Array) -> Floats:
        """Return distances as similarities for a person: 1 for equal rows."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest rows of q queries, nearest first.

    Attributes
    ----------
    rows
        (q, min(k, n)) positions in the index of n rows; -1 where fewer than k of them may be found.
    similarity
        (q, min(k, n)) float64; NaN there.
    """

    rows: Ints
    similarity: Floats


def nearest(
    index: Index,
    queries: Array,
    k: int,
    *,
    groups: Ints | None = None,
    query_groups: Ints | None = None,
    cells: int = CELLS,
) -> Neighbours:
    """Return the k nearest rows of every query; of equally near ones, the first.

    Rows are read once, in slices. A row is a candidate only if it is nearer than the k-th of all before it, so that
    after the first slices next to nothing is sorted.

    Parameters
    ----------
    groups, query_groups
        (n,) and (q,) group numbers; rows of a query's own group are left out. -1 is a group of no row.
    cells
        Distances that are held at once.
    """
    k = min(k, len(index))
    parts = [
        _nearest(
            index,
            queries[start : start + QUERIES],
            k,
            groups,
            None if query_groups is None else query_groups[start : start + QUERIES],
            cells,
        )
        for start in range(0, len(queries), QUERIES)
    ]
    if not parts:
        return Neighbours(np.zeros((0, k), dtype=np.int64), np.zeros((0, k)))
    rows, found = (np.concatenate(part) for part in zip(*parts, strict=True))
    there = rows >= 0
    return Neighbours(rows, np.where(there, index.similarity(np.where(there, found, 0.0)), np.nan))


def _nearest(
    index: Index, queries: Array, k: int, groups: Ints | None, query_groups: Ints | None, cells: int
) -> tuple[Ints, Floats]:
    q, n = len(queries), len(index)
    rows, best = np.full((q, k), -1, dtype=np.int64), np.full((q, k), np.inf)
    step = max(k, cells // max(q, 1), 1)
    for start in range(0, n, step):
        block = index.distances(queries, slice(start, min(start + step, n)))
        if groups is not None and query_groups is not None:
            own = query_groups[:, None] == groups[None, start : start + block.shape[1]]
            block = np.where(own & (query_groups >= 0)[:, None], np.float32(np.inf), block)
        limit = best[:, -1:]
        if np.isinf(limit).any():
            near = (block <= np.minimum(limit, _kth(block, k))) & np.isfinite(block)
        else:
            # strictly: of equally near rows the earlier stay, whatever the size of a slice
            near = block < limit.astype(block.dtype)
        at, column = np.nonzero(near)
        if len(at):
            _merge(rows, best, at, column + start, block[at, column].astype(np.float64))
    return rows, best


def _kth(block: Array, k: int) -> Floats:
    """Return (q, 1) the k-th smallest distance; infinity where there are no more than k."""
    if block.shape[1] <= k:
        return np.full((len(block), 1), np.inf)
    return np.partition(block, k - 1, axis=1)[:, k - 1 : k].astype(np.float64)


def _merge(rows: Ints, best: Floats, at: Ints, row: Ints, distance: Floats) -> None:
    """Merge candidates (c,), sorted by query, into the (q, k) nearest rows in place."""
    k = rows.shape[1]
    changed = np.unique(at)
    query = np.concatenate([np.repeat(changed, k), at])
    every_row = np.concatenate([rows[changed].ravel(), row])
    every = np.concatenate([best[changed].ravel(), distance])
    # stable, and held rows come before candidates of the same query, which are in their order
    order = np.lexsort((every, query))
    query, every_row, every = query[order], every_row[order], every[order]
    first = np.searchsorted(query, changed)
    take = first[:, None] + np.arange(k)
    rows[changed], best[changed] = every_row[take], every[take]


def is_number_of_rows(k: object) -> bool:
    """Return whether a value is a whole number of 1 or more, NumPy's included.

    >>> is_number_of_rows(np.int64(3)), is_number_of_rows(2.5), is_number_of_rows(True), is_number_of_rows(0)
    (True, False, False, False)
    """
    return isinstance(k, int | np.integer) and not isinstance(k, bool) and bool(k >= 1)
