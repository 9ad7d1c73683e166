"""Relations between primitives, found through spatial indexes: near-linear in their number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from evenhand.modalities.drawings.reading.primitives import Primitives
from evenhand.modalities.drawings.vocabulary import EDGE_TYPES

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

TOLERANCE = 2e-3
"""Distance, in unit boxes, below which two points are the same,"""
OF_LENGTH = 0.1
"""but never more than this share of the length of a primitive: tiny ones would all touch each other."""
PARALLEL = np.radians(2.0)
NEIGHBOURS = 8
"""Primitives near each that are compared for being parallel, and that the fall-back joins."""
MOST_PARTNERS = 16
"""Most relations of one type that are kept per primitive: all lines of a dense hatch cross all others."""
_CHUNK = 4096


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
        Relations left out because a primitive has too many.
    """

    pairs: npt.NDArray[np.int32]
    relations: npt.NDArray[np.uint8]
    fallback: int
    cut: int


def edges_of(found: Primitives, *, fallback: str = "knn", neighbours: int = NEIGHBOURS) -> Edges:
    """Return the relations between n primitives in their unit box.

    Parameters
    ----------
    fallback
        "knn" joins a primitive without any relation to its nearest ones, "none" leaves it alone.
    neighbours
        How many.
    """
    n = len(found)
    parts: list[tuple[Ints, int]] = []
    cut = 0
    if n > 1:
        for name, (pairs, left_out) in _relations(found, neighbours).items():
            at = EDGE_TYPES.index(name)
            back = EDGE_TYPES.index("inside") if name == "contains" else at
            parts += [(pairs, at), (pairs[::-1], back)]
            cut += left_out
    alone = np.setdiff1d(
        np.arange(n), np.concatenate([pairs.ravel() for pairs, _ in parts] or [np.zeros(0, np.int64)])
    )
    joined = 0
    if fallback == "knn" and len(alone) and n > 1:
        near = _nearest(found, neighbours)[alone]
        pairs = np.stack([np.repeat(alone, near.shape[1]), near.ravel()])
        pairs = _unique(pairs[:, pairs[0] != pairs[1]], n)
        at = EDGE_TYPES.index("nearest")
        parts += [(pairs, at), (pairs[::-1], at)]
        joined = len(alone)
    return Edges(*_merged(parts, n), joined, cut)


def _relations(found: Primitives, neighbours: int) -> dict[str, tuple[Ints, int]]:
    strokes = found.strokes
    n = len(strokes)
    open_ = ~found.closed
    ends = np.concatenate([strokes[open_, 0], strokes[open_, -1]])
    owner = np.tile(np.flatnonzero(open_), 2)
    reach = np.minimum(TOLERANCE, OF_LENGTH * found.lengths)
    shared = _limited(_pairs_within(ends, owner, reach, n), n)
    crossing, touching, cut = _meeting(found, ends, owner, reach)
    known = _codes(shared[0], n)
    crossing = crossing[:, ~np.isin(_codes(crossing, n), known)]
    touching = touching[:, ~np.isin(_codes(touching, n), known)]
    crossing = crossing[:, ~np.isin(_codes(crossing, n), _codes(touching, n))]
    round_ = found.closed | (np.abs(found.turning) > np.radians(30))
    return {
        "shared end": shared,
        "crossing": (crossing, cut),
        "touching": (touching, 0),
        "contains": _limited(_containing(found), n),
        "parallel": _limited(_parallel(found, neighbours), n),
        "concentric": _limited(_concentric(found, round_), n),
    }


def _pairs_within(points: Floats, owner: Ints, reach: Floats, n: int) -> Ints:
    """Return (2, p) pairs of primitives that have points within reach; a hub joins its nearest members only."""
    if len(points) < 2:
        return np.zeros((2, 0), np.int64)
    tree = cKDTree(points)
    apart, found = tree.query(points, k=min(MOST_PARTNERS, len(points)), distance_upper_bound=TOLERANCE)
    a, b = np.repeat(owner, found.shape[1]), np.append(owner, -1)[np.minimum(found.ravel(), len(points))]
    there = (b >= 0) & (apart.ravel() <= np.minimum(reach[a], reach[b]) + 1e-9)
    pairs = np.stack([a[there], b[there]])
    return _unique(pairs[:, pairs[0] != pairs[1]], n)


def _meeting(found: Primitives, ends: Floats, owner: Ints, reach: Floats) -> tuple[Ints, Ints, int]:
    """Return pairs that cross, pairs of which one ends on the other, and how many were left out."""
    n = len(found)
    shapes = shapely.linestrings(found.strokes)
    tree = shapely.STRtree(shapes)
    crossing, cut = _queried(tree, shapes, n, predicate="intersects")
    points = shapely.points(ends)
    which, target = (
        tree.query(points, predicate="dwithin", distance=reach[owner] + 1e-9)
        if len(points)
        else np.zeros((2, 0), np.int64)
    )
    pairs = np.stack([owner[which], target]).astype(np.int64)
    touching, more = _limited(_unique(pairs[:, pairs[0] != pairs[1]], n), n)
    return crossing, touching, cut + more


def _queried(tree: shapely.STRtree, shapes: npt.NDArray[np.object_], n: int, **how: object) -> tuple[Ints, int]:
    """Return pairs i < j from a tree, asked in chunks: all answers of a dense drawing would not fit in memory."""
    kept, cut = [], 0
    for start in range(0, n, _CHUNK):
        a, b = tree.query(shapes[start : start + _CHUNK], **how)
        pairs = np.stack([a + start, b]).astype(np.int64)
        pairs, left_out = _limited(pairs[:, pairs[0] < pairs[1]], n)
        kept.append(pairs)
        cut += left_out
    return np.concatenate(kept, axis=1), cut


def _containing(found: Primitives) -> Ints:
    """Return (outer, inner) pairs: the box of a closed primitive holds that of another."""
    closed = np.flatnonzero(found.closed)
    if not len(closed):
        return np.zeros((2, 0), np.int64)
    low, high = found.strokes.min(axis=1), found.strokes.max(axis=1)
    boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    tree = shapely.STRtree(boxes)
    kept = []
    for start in range(0, len(closed), _CHUNK):
        part = closed[start : start + _CHUNK]
        a, b = tree.query(boxes[part], predicate="covers")
        pairs = np.stack([part[a], b]).astype(np.int64)
        kept.append(pairs[:, pairs[0] != pairs[1]])
    return np.concatenate(kept, axis=1)


def _parallel(found: Primitives, neighbours: int) -> Ints:
    """Return pairs of nearly straight primitives near each other whose chords are parallel."""
    chord = found.strokes[:, -1] - found.strokes[:, 0]
    long = np.hypot(chord[:, 0], chord[:, 1])
    straight = np.flatnonzero((long > 0.95 * found.lengths) & (long > 1e-6))
    if len(straight) < 2:
        return np.zeros((2, 0), np.int64)
    near = straight[_nearest_points(found.strokes[straight].mean(axis=1), neighbours)]
    a = np.repeat(straight, near.shape[1])
    b = near.ravel()
    angle = np.arctan2(chord[:, 1], chord[:, 0])
    apart = np.abs((angle[a] - angle[b] + np.pi / 2) % np.pi - np.pi / 2)
    pairs = np.stack([a, b])[:, (apart < PARALLEL) & (a != b)]
    return _unique(pairs, len(found))


def _concentric(found: Primitives, round_: npt.NDArray[np.bool_]) -> Ints:
    """Return pairs of closed or curved primitives around one centre."""
    who = np.flatnonzero(found.closed & round_)
    low, high = found.strokes[who].min(axis=1), found.strokes[who].max(axis=1)
    return _pairs_within((low + high) / 2, who, np.minimum(TOLERANCE, OF_LENGTH * found.lengths), len(found))


def _nearest(found: Primitives, neighbours: int) -> Ints:
    return _nearest_points(found.strokes.mean(axis=1), neighbours)


def _nearest_points(points: Floats, neighbours: int) -> Ints:
    k = min(neighbours + 1, len(points))
    near = np.asarray(cKDTree(points).query(points, k=k)[1]).reshape(len(points), -1)
    return near.astype(np.int64)


def _unique(pairs: Ints, n: int) -> Ints:
    """Return undirected pairs once, as i < j."""
    codes = np.unique(np.minimum(*pairs) * n + np.maximum(*pairs))
    return np.stack([codes // n, codes % n]).astype(np.int64)


def _codes(pairs: Ints, n: int) -> Ints:
    return np.asarray(np.minimum(*pairs) * n + np.maximum(*pairs))


def _limited(pairs: Ints, n: int) -> tuple[Ints, int]:
    """Return pairs with at most `MOST_PARTNERS` for each first primitive, and how many were left out."""
    counts = np.bincount(pairs[0], minlength=n)
    if counts.max(initial=0) <= MOST_PARTNERS:
        return pairs, 0
    order = np.argsort(pairs[0], kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - (np.cumsum(counts) - counts)[pairs[0][order]]
    kept = rank < MOST_PARTNERS
    return pairs[:, kept], int((~kept).sum())


def _merged(parts: list[tuple[Ints, int]], n: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Return one edge for every ordered pair, with all its relations, sorted by target."""
    if not parts:
        return np.zeros((0, 2), np.int32), np.zeros(0, np.uint8)
    pairs = np.concatenate([pairs for pairs, _ in parts], axis=1)
    bits = np.concatenate([np.full(pairs.shape[1], 1 << at, dtype=np.uint8) for pairs, at in parts])
    codes, where = np.unique(pairs[1] * n + pairs[0], return_inverse=True)
    relations = np.zeros(len(codes), dtype=np.uint8)
    np.bitwise_or.at(relations, where, bits)
    return np.column_stack([codes % n, codes // n]).astype(np.int32), relations
