"""Figures of retrieval with intervals over the queries' groups, and the floor of a random ranking beside each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import DataError
from evenhand.base.values import Floats, Interval, Ints, Predictions, Strings
from evenhand.evaluation.figures.row_share import share
from evenhand.evaluation.retrieval.nearest import Index
from evenhand.evaluation.retrieval.ranking_figures import figure_names, random_figures, ranking_figures
from evenhand.evaluation.retrieval.relevance import Relevance

CUTOFFS = (10, 100)
"""The k of figures at k, unless others are asked for."""
QUERIES = 64
"""Queries that are ranked at once; it affects no result."""


@dataclass(frozen=True, eq=False)
class QuerySet:
    """Queries with the rows that they are searched in, such as a held-out fold and its training rows.

    Attributes
    ----------
    index
        The database of n rows.
    queries
        (q, ·) as the index compares them.
    labels, query_labels
        (n, k) and (q, k) labels in 0..1, NaN where unknown.
    ids
        (q,) of the queries.
    groups, query_groups
        (n,) and (q,) groups, None where rows are independent: a query's own group is not in its database.
    """

    index: Index
    queries: npt.NDArray[Any]
    labels: Floats
    query_labels: Floats
    ids: Strings
    groups: Strings | None = None
    query_groups: Strings | None = None


@dataclass(frozen=True, eq=False)
class QueryFigures:
    """Figures of each query.

    Attributes
    ----------
    names
        Of the f figures.
    values, floor
        (q, f) of each query and of a random ranking of the same rows; NaN without a relevant row.
    ids, groups
        (q,) of the queries.
    """

    names: tuple[str, ...]
    values: Floats
    floor: Floats
    ids: Strings
    groups: Strings | None

    @property
    def counted(self) -> npt.NDArray[np.bool_]:
        """(q,) queries with a relevant row in their database; the others have no figures."""
        return np.asarray(~np.isnan(self.values[:, 0]))


@dataclass(frozen=True)
class RetrievalFigure:
    """A figure over all queries, and the expectation of a random ranking of the same rows."""

    figure: Interval
    floor: float


def query_figures(sets: Iterable[QuerySet], relevance: Relevance, cutoffs: Sequence[int] = CUTOFFS) -> QueryFigures:
    """Return the figures of every query of some sets, each ranked in its own database.

    Rows whose relevance to a query is not known are not in its ranking. Of sets that an iterator makes one by one,
    no two are held at once.

    Raises
    ------
    DataError
        If there is no set.
    """
    values, floors, ids, named = [], [], [], []
    for one in sets:
        found, floor = _of_set(one, relevance, cutoffs)
        values.append(found)
        floors.append(floor)
        ids.append(one.ids)
        named.append(one.query_groups)
        del one  # before the next is made: each may be gigabytes
    if not ids:
        raise DataError("No row with a known label was held out, so nothing can be searched for and counted.")
    groups = None if any(g is None for g in named) else np.concatenate([g for g in named if g is not None])
    return QueryFigures(
        tuple(figure_names(cutoffs)), np.concatenate(values), np.concatenate(floors), np.concatenate(ids), groups
    )


def summarised(
    found: QueryFigures, *, draws: int = 2000, level: float = 0.95, seed: int = 0, families: bool = False
) -> dict[str, RetrievalFigure]:
    """Return each figure over all queries that have a relevant row, with its interval over their groups.

    Raises
    ------
    DataError
        If no query has a relevant row.
    """
    there = found.counted
    n = int(there.sum())
    if not n:
        raise DataError(
            f"None of {len(there):,} queries has a relevant row in its database; there is nothing to find. Ask for "
            "another relevance."
        )
    # of predictions, the bootstrap needs the rows and their groups alone
    rows = Predictions(
        found.ids[there],
        ("relevant", "not"),
        np.full((n, 2), 0.5),
        np.zeros(n, dtype=np.int64),
        groups=None if found.groups is None else found.groups[there],
        families=families,
    )
    return {
        name: RetrievalFigure(
            share(np.clip(found.values[there, at], 0.0, 1.0), rows, draws=draws, level=level, seed=seed),
            float(found.floor[there, at].mean()),
        )
        for at, name in enumerate(found.names)
    }


def _of_set(one: QuerySet, relevance: Relevance, cutoffs: Sequence[int]) -> tuple[Floats, Floats]:
    values = []
    totals, sizes = np.zeros(len(one.queries), dtype=np.int64), np.zeros(len(one.queries), dtype=np.int64)
    for start, distances, relevant in _blocks(one, relevance):
        here = slice(start, start + len(distances))
        totals[here], sizes[here] = (relevant == 1).sum(axis=1), (relevant >= 0).sum(axis=1)
        values += [ranking_figures(d, r, cutoffs) for d, r in zip(distances, relevant, strict=True)]
    width = len(figure_names(cutoffs))
    return np.array(values).reshape(-1, width), random_figures(totals, sizes, cutoffs)


def _blocks(one: QuerySet, relevance: Relevance) -> Iterator[tuple[int, npt.NDArray[Any], npt.NDArray[np.int8]]]:
    """Yield the first query of a block, its (b, n) distances, and their relevance; -1 for a query's own group."""
    every = slice(0, len(one.index))
    own, of_query = _numbered(one)
    asked, rows = relevance.masks(one.query_labels), relevance.masks(one.labels)
    for start in range(0, len(one.queries), QUERIES):
        here = slice(start, start + QUERIES)
        relevant = relevance.decided(asked[here], rows)
        if own is not None and of_query is not None:
            relevant[of_query[here, None] == own[None]] = -1
        yield start, one.index.distances(one.queries[here], every), relevant


def _numbered(one: QuerySet) -> tuple[Ints | None, Ints | None]:
    """Return the groups of rows and of queries as the same numbers."""
    if one.groups is None or one.query_groups is None:
        return None, None
    names = np.concatenate([one.groups, one.query_groups]).astype(str)
    numbers = np.unique(names, return_inverse=True)[1].reshape(-1)
    return numbers[: len(one.groups)], numbers[len(one.groups) :]
