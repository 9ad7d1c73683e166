"""Search that leaves out all groups that a query belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Ints
from evenhand.evaluation.retrieval.faiss_search import search
from evenhand.evaluation.retrieval.nearest import Index, Neighbours


def groups_of_queries(same: Ints, numbers: Ints, n: int) -> list[Ints]:
    """Return the groups of the rows that each of n queries is the same as.

    Parameters
    ----------
    same
        (p, 2) positions of queries and of rows.
    numbers
        The group of each row.
    """
    return [np.unique(numbers[same[same[:, 0] == at, 1]]) for at in range(n)]


def search_without_own(
    index: Index,
    queries: npt.NDArray[Any],
    k: int,
    *,
    groups: Ints,
    own: Sequence[Ints],
    engine: str,
) -> Neighbours:
    """Return the k nearest rows of every query that are in none of its own groups.

    A query of more than one group, such as the picture of one row with the text of another, is searched for by
    itself.
    """
    first = np.array([of[0] if len(of) else -1 for of in own], dtype=np.int64)
    found = search(index, queries, k, groups=groups, query_groups=first, engine=engine)
    for at, several in enumerate(own):
        if len(several) < 2:
            continue
        merged = np.where(np.isin(groups, several), first[at], groups)
        alone = slice(at, at + 1)
        one = search(index, queries[alone], k, groups=merged, query_groups=first[alone], engine=engine)
        found.rows[alone], found.similarity[alone] = one.rows, one.similarity
    return found
