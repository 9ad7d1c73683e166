"""Search by Faiss, on request: embeddings of many rows, where it is installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import EvenhandError
from evenhand.base.values import Ints
from evenhand.evaluation.retrieval.indexes import CosineIndex
from evenhand.evaluation.retrieval.nearest import Index, Neighbours, nearest

ENGINES = ("numpy", "faiss")
FEWEST_ROWS = 50_000
"""Up to so many rows our own search is used: its answer is the same, and there in less than a second."""


def check_engine(engine: str, *, codes: bool) -> None:
    """Raise an `EvenhandError` if there is no such engine, it is not installed, or it does not search codes."""
    if engine not in ENGINES:
        raise EvenhandError(f"index {engine}: there is none of that name. Choose {' or '.join(ENGINES)}.")
    if engine == "faiss" and codes:
        raise EvenhandError("index faiss: it searches embeddings; codes are searched by numpy. Leave out --index.")
    if engine == "faiss" and find_spec("faiss") is None:
        raise EvenhandError(
            "index faiss: Faiss is not installed. Install it with: pip install faiss-cpu; or leave out --index, "
            "and numpy finds the same rows."
        )


def search(
    index: Index, queries: npt.NDArray[Any], k: int, *, groups: Ints, query_groups: Ints, engine: str = "numpy"
) -> Neighbours:
    """Return the k nearest rows of every query by an engine; see `nearest`.

    Faiss searches exactly too (`IndexFlatIP`); rows of nearly equal cosine may come in another order.
    """
    if engine == "numpy" or not isinstance(index, CosineIndex) or len(index) <= FEWEST_ROWS:
        return nearest(index, queries, k, groups=groups, query_groups=query_groups)
    import faiss

    flat = faiss.IndexFlatIP(index.rows.shape[1])
    flat.add(index.rows)
    # a query's own group may hold the nearest rows of all: as many more are asked for as its largest has rows
    asking = query_groups[query_groups >= 0]
    own = np.bincount(groups, minlength=int(asking.max(initial=-1)) + 1)[asking]  # 0 of a group that is not there
    most = min(k + int(own.max(initial=0)), len(index))
    similarity, rows = flat.search(np.ascontiguousarray(queries, dtype=np.float32), most)
    kept = ~((query_groups[:, None] == groups[rows]) & (query_groups >= 0)[:, None])
    order = np.argsort(~kept, axis=1, kind="stable")[:, :k]
    there = np.take_along_axis(kept, order, axis=1)
    beyond = ((0, 0), (0, k - order.shape[1]))  # where there are fewer rows than neighbours asked for
    found = np.where(there, np.take_along_axis(rows, order, axis=1), -1)
    near = np.where(there, np.take_along_axis(similarity, order, axis=1).astype(float), np.nan)
    return Neighbours(np.pad(found, beyond, constant_values=-1), np.pad(near, beyond, constant_values=np.nan))
