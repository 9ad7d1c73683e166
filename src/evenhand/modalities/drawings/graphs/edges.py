"""The edges of a drawing's graph: relations between primitives, and a fall-back for those without any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evenhand.modalities.drawings.graphs.relations import Ints, nearest, none, relations, unique
from evenhand.modalities.drawings.reading.primitives import Primitives
from evenhand.modalities.drawings.vocabulary import EDGE_TYPES

NEIGHBOURS = 8
"""Primitives near each that are compared for being parallel, and that the fall-back joins."""


@dataclass(frozen=True, eq=False)
class Edges:
    """Directed edges of a graph.

    Attributes
    ----------
    pairs
        (e, 2) int32 source and target, sorted by target; every relation is there in both directions.
    relations
        (e,) uint8, bit t set where the relation is `EDGE_TYPES[t]`.
    fallback
        Nodes without a relation that were joined to their nearest ones.
    cut
        Relations left out because primitives have too many of them.
    """

    pairs: npt.NDArray[np.int32]
    relations: npt.NDArray[np.uint8]
    fallback: int
    cut: int


def edges_of(found: Primitives, *, fallback: str = "knn", neighbours: int = NEIGHBOURS) -> Edges:
    """Return the relations between n primitives in their unit box; the order of the primitives does not matter.

    Parameters
    ----------
    fallback
        "knn" joins a primitive without any relation to its nearest ones, "none" leaves it alone.
    neighbours
        How many.
    """
    n = len(found)
    if n < 2:
        return Edges(np.zeros((0, 2), np.int32), np.zeros(0, np.uint8), 0, 0)
    order = canonical_order(found)
    found = found.take(order)
    parts: list[tuple[Ints, int]] = []
    cut = 0
    for name, related in relations(found, neighbours).items():
        at = EDGE_TYPES.index(name)
        back = EDGE_TYPES.index("inside") if name == "contains" else at
        parts += [(related.pairs, at), (related.pairs[::-1], back)]
        cut += related.cut
    alone = np.setdiff1d(np.arange(n), np.concatenate([none().ravel(), *(pairs.ravel() for pairs, _ in parts)]))
    joined = 0
    if fallback == "knn" and len(alone):
        near = nearest(found.strokes.mean(axis=1), neighbours)[alone]
        pairs = np.stack([np.repeat(alone, near.shape[1]), near.ravel()])
        pairs = unique(pairs[:, pairs[0] != pairs[1]], n)
        at = EDGE_TYPES.index("nearest")
        parts += [(pairs, at), (pairs[::-1], at)]
        joined = len(alone)
    return Edges(*_merged([(order[pairs], at) for pairs, at in parts], n), joined, cut)


def canonical_order(found: Primitives) -> Ints:
    """Return the primitives by length, the longest first, then by place and type, whatever the file's order."""
    middle = np.round(found.strokes.mean(axis=1), 6)
    return np.lexsort((found.kinds, middle[:, 1], middle[:, 0], -np.round(found.lengths, 6)))


def _merged(parts: list[tuple[Ints, int]], n: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Return one edge for every ordered pair, with all its relations, sorted by target."""
    pairs = np.concatenate([none(), *(pairs for pairs, _ in parts)], axis=1)
    bits = np.concatenate([np.full(pairs.shape[1], 1 << at, dtype=np.uint8) for pairs, at in parts])
    codes, where = np.unique(pairs[1] * n + pairs[0], return_inverse=True)
    found = np.zeros(len(codes), dtype=np.uint8)
    np.bitwise_or.at(found, where, bits)
    return np.column_stack([codes % n, codes // n]).astype(np.int32), found
