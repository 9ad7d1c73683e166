"""Whether two shapes are one, turned and perhaps mirrored: every stroke of each lies on one of the other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.spatial import cKDTree

from evenhand.modalities.drawings.families.shapes import Complex, Floats, Mask, Shape, coarse, equal

TOLERANCE = 3e-4
"""Of points, in root mean square distances from the centroid."""
MOST_TRIED = 32
"""Strokes tried as the image of one: where more look alike, the drawing is symmetric and the first ones fit."""
NEIGHBOURS = 6
"""Strokes of nearly the same place, direction and length that are compared with one."""


def same_shape(a: Shape, b: Shape, tolerance: float = TOLERANCE) -> bool:
    """Return whether one drawing, in its own frame, is the other, turned and perhaps mirrored."""
    return any(
        same_strokes(a.moved(turn, mirror=mirror), a.lengths, b.strokes, b.lengths, tolerance)
        for turn, mirror in _motions(a, b, tolerance)
    )


def same_strokes(a: Complex, a_lengths: Floats, b: Complex, b_lengths: Floats, tolerance: float) -> bool:
    """Return whether every stroke of each set lies on one of the other; how many lie there does not matter."""
    return _all_lie_on(a, a_lengths, b, b_lengths, tolerance) and _all_lie_on(b, b_lengths, a, a_lengths, tolerance)


def _all_lie_on(a: Complex, a_lengths: Floats, b: Complex, b_lengths: Floats, tolerance: float) -> bool:
    k = min(NEIGHBOURS, len(b))
    _, at = cKDTree(coarse(b, b_lengths)).query(coarse(a, a_lengths), k=k)
    at = np.asarray(at).reshape(len(a), k)
    return bool(np.any([equal(a, b[at[:, j]], tolerance) for j in range(k)], axis=0).all())


def _motions(a: Shape, b: Shape, tolerance: float) -> Iterator[tuple[complex, bool]]:
    """Yield turns (numbers of size 1), and whether to mirror first, that take one stroke of `a` to one of `b`.

    The stroke has few others like it, so that there is little to try, and lies far out, so that it gives the
    angle well.
    """
    if a.turning.max() < 1e-6:  # rings around one centre: every angle is the same
        yield 1.0, False
        return
    chosen = _landmark(a, tolerance)
    like = (b.round == a.round[chosen]) & _alike(
        np.abs(b.centres), b.lengths, abs(a.centres[chosen]), a.lengths[chosen], tolerance
    )
    p = a.centres[chosen : chosen + 1] if a.round[chosen] else a.strokes[chosen]
    for at in np.flatnonzero(like)[:MOST_TRIED]:
        q = b.centres[at : at + 1] if b.round[at] else b.strokes[at]
        for mirror in (False, True):
            start = p.conj() if mirror else p
            for end in (q, q[::-1])[: 1 if b.round[at] else 2]:
                product = (start.conj() * end).sum()
                turn = complex(product / abs(product)) if abs(product) > 0 else 1.0
                if np.abs(start * turn - end).max() <= 2 * tolerance:
                    yield turn, mirror


def _landmark(shape: Shape, tolerance: float) -> int:
    """Return the position of the stroke with fewest others like it, among those far from the centroid."""
    far = np.flatnonzero(shape.turning >= 0.25 * shape.turning.max())
    size = np.column_stack([np.abs(shape.centres), shape.lengths / 10])
    others = cKDTree(size).query_ball_point(size[far], 2 * tolerance, p=np.inf, return_length=True)
    best = np.lexsort([-shape.turning[far], others])
    return int(far[best[0]])


def _alike(centre: Floats, length: Floats, one: float, its_length: float, tolerance: float) -> Mask:
    near = np.abs(centre - one) <= 2 * tolerance
    return np.asarray(near & (np.abs(length - its_length) <= 20 * tolerance))
