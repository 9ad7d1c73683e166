"""Curves as arrays: entities give one polyline or arc at a time, which are sampled thousands at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from evenhand.modalities.drawings.vocabulary import NODE_TYPES

Points = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Place = tuple[float, float, float]

ARC_STEPS = 32
"""Steps of a full turn; an arc has its share of them, at least `LEAST_STEPS`."""
LEAST_STEPS = 4
FARTHEST = 1e100
"""Coordinates beyond it are damage: their squares would not fit a float."""
FULL = 2 * math.pi
CODES = {name: code for code, name in enumerate(NODE_TYPES)}


class Curve(NamedTuple):
    """One primitive by its points.

    Attributes
    ----------
    kind
        Name of its type, one of `NODE_TYPES`.
    points
        (m, 3) consecutive points on the curve, m >= 1, in world coordinates of the entity's container.
    closed
        Whether its end is its beginning.
    """

    kind: str
    points: Sequence[Place] | Points
    closed: bool = False


class Arc(NamedTuple):
    """An arc by its parameters; arcs are sampled together, which takes a fraction of the time.

    Attributes
    ----------
    kind
        Name of its type.
    centre, radius
        In object coordinates.
    start, sweep
        Radians, counter-clockwise.
    axes
        Rows are the axes of the object coordinates in those of the container; None where they are the same.
    closed
        Whether it is a full turn.
    """

    kind: str
    centre: Place
    radius: float
    start: float
    sweep: float
    axes: Sequence[Place] | None = None
    closed: bool = False


def turn_steps(angle: float) -> int:
    """Return the number of steps of an arc over so many radians."""
    # Less a little: a quarter turn has as many steps before and after its angles were rounded by a motion.
    return max(LEAST_STEPS, math.ceil(abs(angle) / FULL * ARC_STEPS - 1e-6))


def sweep_of(start: float, end: float) -> float:
    """Return the angle from one direction to the other, counter-clockwise, in (0, 2π]; equal ones make a full turn.

    >>> sweep_of(0.0, 0.0) == sweep_of(0.1, 0.1 + FULL) == FULL
    True
    """
    sweep = (end - start) % FULL
    return FULL if min(sweep, FULL - sweep) < 1e-9 else sweep


@dataclass(frozen=True, eq=False)
class Curves:
    """n sampled curves.

    Attributes
    ----------
    kinds
        (n,) int64 positions in `NODE_TYPES`.
    counts
        (n,) int64 points of each, at least 1.
    closed
        (n,) bool.
    points
        (total, 3) float64, one curve after the other.
    marks
        (n, 3) int64 layer, colour and text (see `marks.py`), or None where they are not read.
    """

    kinds: Ints
    counts: Ints
    closed: npt.NDArray[np.bool_]
    points: Points
    marks: Ints | None = None

    def __len__(self) -> int:
        return len(self.kinds)

    @classmethod
    def joined(cls, parts: Sequence[Curves]) -> Curves:
        """Return the curves of all parts, in order."""
        if len(parts) == 1:
            return parts[0]
        if not parts:
            none = np.zeros(0, dtype=np.int64)
            return cls(none, none, none.astype(bool), np.zeros((0, 3)))
        marks = [part.marks for part in parts if part.marks is not None]
        return cls(
            np.concatenate([part.kinds for part in parts]),
            np.concatenate([part.counts for part in parts]),
            np.concatenate([part.closed for part in parts]),
            np.concatenate([part.points for part in parts]),
            np.concatenate(marks) if len(marks) == len(parts) else None,
        )

    def each(self) -> list[Points]:
        """Return the (m, 3) points of every curve."""
        return np.split(self.points, np.cumsum(self.counts)[:-1]) if len(self) else []

    def take(self, rows: Ints) -> Curves:
        """Return some of them, by their (m,) positions in rising order."""
        kept = np.zeros(len(self), dtype=bool)
        kept[rows] = True
        marks = None if self.marks is None else self.marks[rows]
        points = self.points[np.repeat(kept, self.counts)]
        return Curves(self.kinds[rows], self.counts[rows], self.closed[rows], points, marks)

    def first(self, most: int) -> Curves:
        """Return the first curves."""
        if most >= len(self):
            return self
        marks = None if self.marks is None else self.marks[:most]
        points = self.points[: self.counts[:most].sum()]
        return Curves(self.kinds[:most], self.counts[:most], self.closed[:most], points, marks)

    def moved(self, matrix: Points, offsets: Points | None = None) -> Curves:
        """Return them under a 4 × 4 matrix that multiplies row vectors from the right, once for each offset.

        Parameters
        ----------
        offsets
            (c, 3) further translations of c copies; None for one copy where the matrix puts it.
        """
        points = self.points @ matrix[:3, :3] + matrix[3, :3]
        if offsets is None:
            return Curves(self.kinds, self.counts, self.closed, points, self.marks)
        c = len(offsets)
        return Curves(
            np.tile(self.kinds, c),
            np.tile(self.counts, c),
            np.tile(self.closed, c),
            (points[None] + offsets[:, None]).reshape(-1, 3),
            None if self.marks is None else np.tile(self.marks, (c, 1)),
        )

    def as_kind(self, kind: str) -> Curves:
        """Return them as primitives of another type."""
        return Curves(np.full_like(self.kinds, CODES[kind]), self.counts, self.closed, self.points, self.marks)

    def sound(self) -> tuple[Curves, int]:
        """Return those whose points are finite and not absurd, and how many are not."""
        fine = (np.abs(self.points) < FARTHEST).all(axis=1)  # False for NaN too
        if fine.all():
            return self, 0
        owner = np.repeat(np.arange(len(self)), self.counts)
        kept = np.bincount(owner[~fine], minlength=len(self)) == 0
        return self.take(np.flatnonzero(kept)), int((~kept).sum())


def sampled(shapes: Sequence[Curve | Arc], marks: Sequence[Sequence[int]] | None = None) -> Curves:
    """Return n shapes as arrays, in their order."""
    if not shapes:
        return Curves.joined([])
    at = [i for i, shape in enumerate(shapes) if isinstance(shape, Arc)]
    arcs: list[Arc] = [shape for shape in shapes if isinstance(shape, Arc)]
    lines: list[Curve] = [shape for shape in shapes if isinstance(shape, Curve)]
    is_arc = np.zeros(len(shapes), dtype=bool)
    is_arc[at] = True
    counts = np.empty(len(shapes), dtype=np.int64)
    arc_points, counts[is_arc] = _arc_points(arcs)
    counts[~is_arc] = [len(line.points) for line in lines]
    points = np.empty((int(counts.sum()), 3))
    owner = np.repeat(is_arc, counts)
    points[owner] = arc_points
    points[~owner] = _line_points(lines)
    return Curves(
        np.array([CODES[shape.kind] for shape in shapes], dtype=np.int64),
        counts,
        np.array([shape.closed for shape in shapes], dtype=bool) | _returning(points, counts),
        points,
        None if marks is None else np.array(marks, dtype=np.int64).reshape(-1, 3),
    )


def _returning(points: Points, counts: Ints) -> npt.NDArray[np.bool_]:
    """Return (n,) whether a curve ends where it began: many programs repeat the first point instead of a flag."""
    starts = np.cumsum(counts) - counts
    with np.errstate(invalid="ignore", over="ignore"):
        size = (np.maximum.reduceat(points, starts) - np.minimum.reduceat(points, starts)).max(axis=1)
        gap = np.abs(points[starts] - points[starts + counts - 1]).max(axis=1)
        return np.asarray((counts > 3) & (gap <= 1e-6 * size) & (size > 0))


def _line_points(lines: Sequence[Curve]) -> Points:
    """Return the points of all polylines; lists of tuples are converted together."""
    parts: list[Points] = []
    waiting: list[Sequence[Place]] = []

    def flush() -> None:
        if waiting:
            values = chain.from_iterable(chain.from_iterable(waiting))
            parts.append(np.fromiter(values, dtype=np.float64).reshape(-1, 3))
            waiting.clear()

    for line in lines:
        if isinstance(line.points, np.ndarray):
            flush()
            parts.append(line.points)
        else:
            waiting.append(line.points)
    flush()
    return np.concatenate(parts) if parts else np.zeros((0, 3))


def _arc_points(arcs: Sequence[Arc]) -> tuple[Points, Ints]:
    """Return the points of all arcs, and how many each has."""
    if not arcs:
        return np.zeros((0, 3)), np.zeros(0, dtype=np.int64)
    values = np.array([(*arc.centre, arc.radius, arc.start, arc.sweep) for arc in arcs], dtype=np.float64)
    values[~np.isfinite(values).all(axis=1)] = np.nan
    sweep = np.nan_to_num(values[:, 5])
    steps = np.maximum(LEAST_STEPS, np.ceil(np.abs(sweep) / FULL * ARC_STEPS - 1e-6)).astype(np.int64)
    counts = steps + 1
    owner = np.repeat(np.arange(len(arcs)), counts)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    angle = values[owner, 4] + values[owner, 5] * (step / steps[owner])
    radius = values[owner, 3]
    points = values[owner, :3]
    with np.errstate(over="ignore", invalid="ignore"):  # absurd ones are dropped by `Curves.sound`
        points[:, 0] += radius * np.cos(angle)
        points[:, 1] += radius * np.sin(angle)
    turned = [i for i, arc in enumerate(arcs) if arc.axes is not None]
    if turned:
        axes = np.tile(np.eye(3), (len(arcs), 1, 1))
        axes[turned] = np.array([arc.axes for arc in arcs if arc.axes is not None])
        points = np.einsum("mi,mij->mj", points, axes[owner])
    return points, counts
