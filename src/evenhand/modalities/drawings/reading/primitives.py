"""Primitives of a drawing as arrays, in a unit box: what graphs, strokes and rasters are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evenhand.modalities.drawings.reading.shapes import Curves
from evenhand.modalities.drawings.vocabulary import STROKE_POINTS

TAIL = 0.01
"""Share of the length of all lines that may lie beyond each side of the robust box."""
FAR = 2.0
"""A drawing whose whole extent is at most so many robust extents is scaled by its whole extent."""

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
    lengths = np.bincount(owner, weights=long, minlength=n)
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
        np.bincount(whose, weights=np.abs(turn), minlength=n),
        np.bincount(whose, weights=turn, minlength=n),
        np.bincount(whose, weights=(np.abs(turn) > np.radians(20)).astype(float), minlength=n),
    )


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
        Share of the length of all lines that lies outside.
    """

    centre: tuple[float, float]
    extent: float
    far: float


def unit_box(found: Primitives) -> tuple[Primitives, Box]:
    """Return primitives moved and scaled so that the longer side of their box is 1 and its centre 0.

    The box is that of robust quantiles of the points, weighted by length, where a few lines lie far away.
    """
    points = found.strokes.reshape(-1, 2)
    weights = np.repeat(found.lengths + 1e-12 * max(1.0, float(found.lengths.max(initial=0.0))), STROKE_POINTS)
    whole = np.array([points.min(axis=0), points.max(axis=0)])
    robust = np.column_stack([_quantiles(points[:, axis], weights) for axis in (0, 1)])
    size, most = (whole[1] - whole[0]).max(), (robust[1] - robust[0]).max()
    box = whole if size <= FAR * most or most <= 0 else robust
    extent = float((box[1] - box[0]).max()) or 1.0
    centre = box.mean(axis=0)
    outside = (np.abs(points - centre).max(axis=1) > 0.75 * extent) @ weights / weights.sum()
    scaled = Primitives(
        found.kinds,
        (found.strokes - centre) / extent,
        found.lengths / extent,
        found.turning,
        found.net_turning,
        found.corners,
        found.closed,
        found.marks,
    )
    return scaled, Box((float(centre[0]), float(centre[1])), extent, float(outside))


def _quantiles(values: Floats, weights: Floats) -> Floats:
    order = np.argsort(values, kind="stable")
    mass = np.cumsum(weights[order])
    at = np.searchsorted(mass, np.array([TAIL, 1 - TAIL]) * mass[-1])
    return values[order][np.minimum(at, len(values) - 1)]
