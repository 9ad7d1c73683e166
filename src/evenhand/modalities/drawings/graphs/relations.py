"""Relations between primitives, found through spatial indexes: near-linear in their number, whatever is drawn.

A hundred lines from one point, a grid, circles in circles: the pairs that are related may be as many as the square
of the primitives. Every search here stops at a number of pairs in proportion to the primitives, and counts what it
leaves out. The primitives come in an order of their own (`edges.canonical_order`), the longest first, so that what
is left out depends on the drawing and not on the order in which its file holds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from evenhand.modalities.drawings.reading.primitives import Primitives

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

TOLERANCE = 2e-3
"""Distance, in unit boxes, below which two points are the same,"""
OF_LENGTH = 0.1
"""but never more than this share of the length of a primitive: tiny ones would all touch each other."""
SAME = 1e-6
"""Points that agree to this are one point from the start."""
PARALLEL = np.radians(2.0)
MOST_PARTNERS = 16
"""A relation is kept while it is among so many of its type of either of its primitives."""
PAIRS_PER_PRIMITIVE = 64
"""A search ends after so many pairs for each primitive."""
LEAST_PAIRS = 20_000
_CHUNK = 256
_TRIM = 0.3


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of primitives, (2, p) int64 with every pair once, and how many were left out."""

    pairs: Ints
    cut: int = 0


def none() -> Ints:
    """Return no pairs."""
    return np.zeros((2, 0), np.int64)


def relations(found: Primitives, neighbours: int) -> dict[str, Pairs]:
    """Return name of a relation (`EDGE_TYPES`) -> its pairs among n primitives, the longest first.

    "contains" is from the outer to the inner one; the others have no direction.
    """
    n = len(found)
    ends = _Ends.of(found)
    shared = ends.shared(n)
    touching = _touching(found, ends, n)
    crossing = _crossing(found, n)
    crossing = Pairs(_without(crossing.pairs, n, shared.pairs, touching.pairs), crossing.cut)
    return {
        "shared end": shared,
        "crossing": limited(crossing, n),
        "touching": limited(touching, n),
        "contains": limited(_containing(found, n), n),
        "parallel": limited(Pairs(_parallel(found, neighbours)), n),
        "concentric": _concentric(found, n),
    }


@dataclass(frozen=True, eq=False)
class _Ends:
    """The ends of open primitives as distinct points.

    Attributes
    ----------
    points, reach, cluster
        (u, 2), (u,), (u,) distinct points, how far each reaches, and its set of points that are the same.
    owner, at
        (m,) an open primitive, and the point that one of its ends is.
    """

    points: Floats
    reach: Floats
    cluster: Ints
    owner: Ints
    at: Ints

    @classmethod
    def of(cls, found: Primitives) -> _Ends:
        open_ = np.flatnonzero(~found.closed)
        ends = np.concatenate([found.strokes[open_, 0], found.strokes[open_, -1]])
        _, first, at = np.unique(np.round(ends / SAME), axis=0, return_index=True, return_inverse=True)
        at, owner = at.ravel().astype(np.int64), np.tile(open_, 2)
        own = np.minimum(TOLERANCE, OF_LENGTH * found.lengths)
        reach = np.full(len(first), np.inf)
        np.minimum.at(reach, at, own[owner])
        points = ends[first]
        return cls(points, reach, _clusters(points, reach), owner, at)

    def shared(self, n: int) -> Pairs:
        """Return pairs of primitives with an end in the same place; a hub joins each with the next few in order."""
        return _chained(self.cluster[self.at], self.owner, n)

    def codes(self, n: int) -> Ints:
        """Return sorted codes of (cluster, primitive that ends there)."""
        return np.unique(self.cluster[self.at] * n + self.owner)


def _clusters(points: Floats, reach: Floats) -> Ints:
    """Return (u,) the number of the set of each point, where points within reach of each other are in one set."""
    u = len(points)
    if u < 2:
        return np.zeros(u, np.int64)
    found = cKDTree(points).query(points, k=min(8, u), distance_upper_bound=TOLERANCE)
    apart, near = (np.asarray(part) for part in found)
    a, b = np.repeat(np.arange(u), near.shape[1]), near.ravel()
    there = (b < u) & (a != b)
    a, b, apart = a[there], b[there], apart.ravel()[there]
    same = apart <= np.minimum(reach[a], reach[b])
    graph = coo_array((np.ones(int(same.sum())), (a[same], b[same])), shape=(u, u))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _chained(place: Ints, owner: Ints, n: int) -> Pairs:
    """Return pairs of owners at the same place: all of a small set, each with its next ones in a large one."""
    codes = np.unique(place * n + owner)
    place, owner = codes // n, codes % n
    counts = np.unique(place, return_counts=True)[1]
    kept = [none()]
    for step in range(1, MOST_PARTNERS // 2 + 1):
        same = place[:-step] == place[step:]
        kept.append(np.stack([owner[:-step][same], owner[step:][same]]))
    pairs = unique(np.concatenate(kept, axis=1), n)
    ahead = np.minimum(MOST_PARTNERS // 2, counts - 1)
    chained = (counts * ahead - ahead * (ahead + 1) // 2).sum()
    return Pairs(pairs, int((counts * (counts - 1) // 2).sum() - chained))


def _crossing(found: Primitives, n: int) -> Pairs:
    """Return pairs whose insides meet; ends are trimmed, so that lines from one point do not all cross."""
    strokes = found.strokes.copy()
    open_ = ~found.closed
    for end, inside in ((0, 1), (-1, -2)):
        strokes[open_, end] += _TRIM * (strokes[open_, inside] - strokes[open_, end])
    shapes = shapely.linestrings(strokes)
    pairs, cut = _asked(shapely.STRtree(shapes), shapes, n, predicate="intersects")
    return Pairs(pairs[:, pairs[0] < pairs[1]], cut)


def _touching(found: Primitives, ends: _Ends, n: int) -> Pairs:
    """Return pairs of which one ends on the other, away from its ends."""
    if not len(ends.points):
        return Pairs(none())
    tree = shapely.STRtree(shapely.linestrings(found.strokes))
    hit, cut = _asked(tree, shapely.points(ends.points), n, predicate="dwithin", distance=ends.reach + 1e-9)
    point, target = hit
    ending = np.isin(ends.cluster[point] * n + target, ends.codes(n))
    point, target = point[~ending], target[~ending]
    order = np.argsort(ends.at, kind="stable")
    starts = np.searchsorted(ends.at[order], np.arange(len(ends.points) + 1))
    counts = np.diff(starts)[point]
    # the owners of each point that was hit, as many as the search may give
    room = np.cumsum(counts) <= _most(n)
    point, target, counts, left = point[room], target[room], counts[room], int(counts[~room].sum())
    inside = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    owner = ends.owner[order[np.repeat(starts[point], counts) + inside]]
    pairs = np.stack([owner, np.repeat(target, counts)])
    return Pairs(unique(pairs[:, pairs[0] != pairs[1]], n), cut + left)


def _containing(found: Primitives, n: int) -> Pairs:
    """Return (outer, inner) pairs: the box of a closed primitive holds that of another."""
    closed = np.flatnonzero(found.closed)
    low, high = found.strokes.min(axis=1), found.strokes.max(axis=1)
    boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    pairs, cut = _asked(shapely.STRtree(boxes), boxes[closed], n, predicate="covers")
    pairs = np.stack([closed[pairs[0]], pairs[1]])
    return Pairs(pairs[:, pairs[0] != pairs[1]], cut)


def _asked(tree: Any, shapes: npt.NDArray[np.object_], n: int, **how: Any) -> tuple[Ints, int]:
    """Return (2, p) (shape, member of the tree), asked in chunks until there are enough; and shapes not asked."""
    distance = how.pop("distance", None)
    kept, total = [none()], 0
    for start in range(0, len(shapes), _CHUNK):
        part = slice(start, start + _CHUNK)
        more = {} if distance is None else {"distance": distance[part]}
        a, b = tree.query(shapes[part], **how, **more)
        kept.append(np.stack([a + start, b]).astype(np.int64))
        total += len(a)
        if total > _most(n):
            return np.concatenate(kept, axis=1), len(shapes) - min(len(shapes), start + _CHUNK)
    return np.concatenate(kept, axis=1), 0


def _most(n: int) -> int:
    return max(LEAST_PAIRS, PAIRS_PER_PRIMITIVE * n)


def _parallel(found: Primitives, neighbours: int) -> Ints:
    """Return pairs of nearly straight primitives near each other whose chords are parallel."""
    chord = found.strokes[:, -1] - found.strokes[:, 0]
    long = np.hypot(chord[:, 0], chord[:, 1])
    straight = np.flatnonzero((long > 0.95 * found.lengths) & (long > 1e-6))
    if len(straight) < 2:
        return none()
    near = straight[nearest(found.strokes[straight].mean(axis=1), neighbours)]
    a = np.repeat(straight, near.shape[1])
    b = near.ravel()
    angle = np.arctan2(chord[:, 1], chord[:, 0])
    apart = np.abs((angle[a] - angle[b] + np.pi / 2) % np.pi - np.pi / 2)
    return unique(np.stack([a, b])[:, (apart < PARALLEL) & (a != b)], len(found))


def _concentric(found: Primitives, n: int) -> Pairs:
    """Return pairs of round closed primitives around one centre."""
    who = np.flatnonzero(found.closed & (np.abs(found.turning) > np.radians(30)))
    if len(who) < 2:
        return Pairs(none())
    low, high = found.strokes[who].min(axis=1), found.strokes[who].max(axis=1)
    reach = np.minimum(TOLERANCE, OF_LENGTH * found.lengths[who])
    return _chained(_clusters((low + high) / 2, reach), who, n)


def nearest(points: Floats, neighbours: int) -> Ints:
    """Return (n, k) positions of the nearest points of each, itself among them."""
    k = min(neighbours + 1, len(points))
    near = np.asarray(cKDTree(points).query(points, k=k)[1]).reshape(len(points), -1)
    return near.astype(np.int64)


def unique(pairs: Ints, n: int) -> Ints:
    """Return undirected pairs once, as i < j."""
    found = np.unique(_codes(pairs, n))
    return np.stack([found // n, found % n]).astype(np.int64)


def limited(found: Pairs, n: int) -> Pairs:
    """Return pairs that are among the first `MOST_PARTNERS` of either of their primitives."""
    kept = (_rank(*found.pairs) < MOST_PARTNERS) | (_rank(*found.pairs[::-1]) < MOST_PARTNERS)
    return Pairs(found.pairs[:, kept], found.cut + int((~kept).sum()))


def _rank(key: Ints, other: Ints) -> Ints:
    """Return (p,) the place of each pair among those with its key, in the order of the others."""
    order = np.lexsort((other, key))
    starts = np.searchsorted(key[order], key[order])
    rank = np.empty(len(key), dtype=np.int64)
    rank[order] = np.arange(len(key)) - starts
    return rank


def _without(pairs: Ints, n: int, *others: Ints) -> Ints:
    known = np.concatenate([_codes(one, n) for one in others])
    return pairs[:, ~np.isin(_codes(pairs, n), known)]


def _codes(pairs: Ints, n: int) -> Ints:
    return np.asarray(np.minimum(*pairs) * n + np.maximum(*pairs))
