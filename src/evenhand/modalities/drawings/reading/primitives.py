"""Primitives of a drawing as arrays, in a unit box: what graphs, strokes and rasters are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from evenhand.modalities.drawings.reading.shapes import Curves
from evenhand.modalities.drawings.vocabulary import STROKE_POINTS

FAR = 5.0
"""Primitives that make the box of the others so many times larger lie far away,"""
FEW = 0.1
"""if they are at most this share of all, or one of them,"""
LEAST = 4
"""among so many at least."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Primitives:
    """n primitives.

    Attributes
    ----------
    kinds
        (n,) int64 positions in `NODE_TYPES`.
    strokes
        (n, `STROKE_POINTS`, 2) float64 points at equal steps of length.
    lengths
        (n,) float64 length along the curve.
    turning
        (n,) float64 sum of the absolute changes of direction, radians.
    net_turning
        (n,) the signed sum.
    corners
        (n,) changes of direction of more than 20 degrees between consecutive points.
    closed
        (n,) bool.
    marks
        (n, 3) int64 layer, colour and text (see `marks.py`); (n, 0) where they are not read.
    """

    kinds: npt.NDArray[np.int64]
    strokes: Floats
    lengths: Floats
    turning: Floats
    net_turning: Floats
    corners: Floats
    closed: npt.NDArray[np.bool_]
    marks: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.kinds)

    def take(self, rows: npt.NDArray[np.int64]) -> Primitives:
        """Return some of them."""
        return Primitives(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    @classmethod
    def joined(cls, parts: Sequence[Primitives]) -> Primitives:
        """Return the primitives of all parts, in order."""
        parts = [part for part in parts if len(part)] or parts[:1] or [primitives(Curves.joined([]))]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__dataclass_fields__))


def primitives(curves: Curves) -> Primitives:
    """Return curves as arrays, projected to the plane; curves without any extent count as points."""
    n = len(curves)
    marks = np.zeros((n, 0), dtype=np.int64) if curves.marks is None else curves.marks
    if not n:
        none = np.zeros(0)
        strokes = np.zeros((0, STROKE_POINTS, 2))
        return Primitives(none.astype(np.int64), strokes, none, none, none, none, none.astype(bool), marks)
    starts = np.cumsum(curves.counts) - curves.counts
    strokes, lengths, turning, net, corners = _measured(curves.points[:, :2], starts, curves.counts)
    return Primitives(curves.kinds, strokes, lengths, turning, net, corners, curves.closed, marks)


def _measured(flat: Floats, starts: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> tuple[Floats, ...]:
    """Return strokes, lengths and turning of n curves that lie one after the other in (total, 2) `flat`."""
    n, owner = len(counts), np.repeat(np.arange(len(counts)), counts)
    steps = np.diff(flat, axis=0, append=flat[-1:])
    last = starts + counts - 1
    steps[last] = 0.0
    long = np.hypot(steps[:, 0], steps[:, 1])
    along = np.cumsum(long) - long  # length before each point, over all curves
    at = along - along[starts][owner]
    lengths = _sums(owner, long, n)
    # All curves in one interpolation: each has its own stretch of the line, so that none reaches into the next.
    share = np.where(lengths[owner] > 0, at / np.where(lengths[owner] > 0, lengths[owner], 1.0), 0.0)
    share[last] = np.where(lengths > 0, 1.0, 0.0)
    where = owner * 2.0 + share
    asked = (np.arange(n) * 2.0)[:, None] + np.linspace(0.0, 1.0, STROKE_POINTS)[None]
    x, y = (np.interp(asked.ravel(), where, flat[:, axis]).reshape(n, STROKE_POINTS) for axis in (0, 1))
    strokes = np.stack([x, y], axis=2)
    still = lengths <= 0
    strokes[still] = flat[starts[still]][:, None]
    return strokes, lengths, *_turning(steps, long, owner, n)


def _turning(steps: Floats, long: Floats, owner: npt.NDArray[np.int64], n: int) -> tuple[Floats, Floats, Floats]:
    """Return (n,) absolute and signed sums of the changes of direction, and the number of corners."""
    moving = np.flatnonzero(long > 0)
    if len(moving) < 2:
        return np.zeros(n), np.zeros(n), np.zeros(n)
    a, b = steps[moving[:-1]], steps[moving[1:]]
    same = owner[moving[:-1]] == owner[moving[1:]]
    turn = np.arctan2(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0], (a * b).sum(axis=1)) * same
    whose = owner[moving[1:]]
    return (
        _sums(whose, np.abs(turn), n),
        _sums(whose, turn, n),
        _sums(whose, (np.abs(turn) > np.radians(20)).astype(np.float64), n),
    )


def _sums(owner: npt.NDArray[np.int64], values: Floats, n: int) -> Floats:
    return np.asarray(np.bincount(owner, weights=values, minlength=n), dtype=np.float64)


@dataclass(frozen=True)
class Box:
    """Where a drawing lies: what is taken away before a network sees it.

    Attributes
    ----------
    centre
        (x, y) in units of the drawing.
    extent
        Longer side, likewise.
    far
        Primitives that lie so far away that they do not count in it.
    """

    centre: tuple[float, float]
    extent: float
    far: int


def unit_box(found: Primitives) -> tuple[Primitives, Box]:
    """Return primitives moved and scaled so that the longer side of their box is 1 and its centre 0.

    Few primitives that lie far away from all others do not count in the box.
    """
    lowest, highest = found.strokes.min(axis=1), found.strokes.max(axis=1)
    near = _near(found.strokes.mean(axis=1), lowest, highest)
    low, high = lowest[near].min(axis=0), highest[near].max(axis=0)
    extent = float((high - low).max()) or 1.0
    centre = (low + high) / 2
    scaled = replace(found, strokes=(found.strokes - centre) / extent, lengths=found.lengths / extent)
    return scaled, Box((float(centre[0]), float(centre[1])), extent, int((~near).sum()))


def _near(middle: Floats, lowest: Floats, highest: Floats) -> npt.NDArray[np.bool_]:
    """Return (n,) bool, which primitives count in the box: all, but for few without which it is far smaller.

    `middle` (n, 2) are means of their points, `lowest` and `highest` (n, 2) the corners of their boxes.

    By distance from the median centre, the farthest first: where leaving out the first m shrinks the box by a
    factor of `FAR`, they are left out. Counted by primitives and not by length, of which one far line has the most.
    """
    n = len(middle)
    centre = np.median(middle, axis=0)
    # Of the corners of boxes alone: no other point of a primitive is farther from anything along an axis.
    apart = np.maximum(np.abs(lowest - centre), np.abs(highest - centre)).max(axis=1)
    order = np.argsort(apart, kind="stable")
    low = np.minimum.accumulate(lowest[order], axis=0)
    high = np.maximum.accumulate(highest[order], axis=0)
    extents = (high - low).max(axis=1)  # of the nearest 1, 2, … primitives
    most = max(1, int(FEW * n)) if n >= LEAST else 0
    kept = n
    for left_out in range(1, most + 1):
        inside = n - left_out - 1
        if extents[inside + 1] > FAR * extents[inside] > 0:
            far = order[inside + 1 :]
            around = (lowest[far] <= low[inside]) & (highest[far] >= high[inside])
            if not around.all(axis=1).any():  # a frame around small parts belongs to them
                kept = inside + 1
    out = np.zeros(n, dtype=bool)
    out[order[:kept]] = True
    return out
