"""Strokes that lie far away from all others, found alike however a drawing is turned."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Kinds = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

FAR = 3.9
"""Strokes farther from the centre of the unit box are left out; reading ends them at 4 (`encode.OUTERMOST`)."""
AWAY = 2.5
"""Strays are so many times farther from the centre than all other strokes. Reading asks for boxes that differ five
times, which in the least favourable orientation is 2.8 times here."""
FEW, LEAST = 0.1, 4
"""At most this share of the strokes, or one of them, among so many at least; as in `reading.primitives`."""
STRAIGHT = 0.999
"""Chord over length of a stroke that may begin among the others and still be a stray, if it is the only one."""
STEPS = 40


def lies_far(strokes: npt.NDArray[np.floating]) -> Mask:
    """Return (n,) bool, which strokes (n, 16, 2) in the unit box reach so far that reading cut them."""
    return np.asarray(np.abs(strokes).max(axis=(1, 2)) > FAR)


def without_strays(strokes: Floats, kinds: Kinds) -> tuple[Floats, Kinds]:
    """Return strokes (n, 16, 2) and their (n,) types without the few that lie far from all others.

    Distances are measured from the geometric median of the middles of strokes, which turns with the drawing as
    a box does not.
    """
    n = len(strokes)
    most = max(1, int(FEW * n)) if n >= LEAST else 0
    apart = np.hypot(*np.moveaxis(strokes - _median(strokes.mean(axis=1)), 2, 0))
    reach = apart.max(axis=1)
    order = np.argsort(reach, kind="stable")
    kept = n
    for left_out in range(1, most + 1):
        first = n - left_out
        if reach[order[first]] > AWAY * reach[order[first - 1]] > 0:
            kept = first
    rest = order[kept:]
    # A contour, or the sides of a frame, around a crowd of small parts reach as far, and belong to them.
    attached = rest[apart[rest].min(axis=1) <= AWAY * reach[order[kept - 1]]]
    chord = np.hypot(*(strokes[attached, -1] - strokes[attached, 0]).T)
    length = np.hypot(*np.moveaxis(np.diff(strokes[attached], axis=1), 2, 0)).sum(axis=1)
    if len(attached) > 1 or (chord < STRAIGHT * length).any():
        return strokes, kinds
    inside = np.sort(order[:kept])
    return strokes[inside], kinds[inside]


def _median(points: Floats) -> Floats:
    """Return (2,) the geometric median of (n, 2) points, by Weiszfeld's iteration (1937)."""
    middle = points.mean(axis=0)
    size = np.abs(points - middle).max() or 1.0
    for _ in range(STEPS):
        weight = 1 / (np.hypot(*(points - middle).T) + 1e-6 * size)
        middle = weight @ points / weight.sum()
    return np.asarray(middle)
