"""A drawing in a frame of its own: what is left of it when place, size, orientation and handedness are taken away.

The frame is that of the lines themselves, weighted by their length: their centroid is 0, their root mean square
distance from it 1. Unlike a box it turns with the drawing. What remains free is the angle and the mirror image,
which `matching` finds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from evenhand.modalities.drawings.families.strays import lies_far
from evenhand.modalities.drawings.reading.shapes import ARC_STEPS
from evenhand.modalities.drawings.vocabulary import NODE_TYPES, STROKE_POINTS

Complex = npt.NDArray[np.complex128]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

PROBES = np.arange(1, 7)
"""Frequencies of the fingerprint."""
PICKS = 32
"""Order statistics of the lengths of strokes, and of their places, that are compared first."""
ROUND = 1e-4
"""A closed curve whose points miss those of a circle by at most this share of its radius is one."""


@dataclass(frozen=True, eq=False)
class Shape:
    """n distinct strokes in their own frame, as complex numbers x + iy.

    Attributes
    ----------
    strokes
        (n, 16) complex128 points; those of a circle begin in the direction of the real axis.
    lengths
        (n,) float64.
    centres
        (n,) complex128 centres of circles, means of the points of others.
    turning
        (n,) float64 sum over the points of the squared distance from the centroid of the drawing, of what turns
        with it: the points of a line, the centre of a circle. Near 0 it says little about the angle.
    round
        (n,) bool: circles, which are their centre and their radius.
    """

    strokes: Complex
    lengths: Floats
    centres: Complex
    turning: Floats
    round: Mask

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def radii(self) -> Floats:
        """(n,) radii, of circles."""
        return self.lengths / (2 * np.pi)

    def moved(self, turn: complex, *, mirror: bool) -> Complex:
        """Return (n, 16) the strokes mirrored in the real axis, if asked for, and turned by a number of size 1."""
        strokes = (self.strokes.conj() if mirror else self.strokes) * turn
        centres = (self.centres.conj() if mirror else self.centres) * turn
        ring = centres[:, None] + self.radii[:, None] * _CIRCLE
        return np.where(self.round[:, None], ring, strokes)


def _template() -> Complex:
    """Return (16,) points at equal steps along the polygon as which a circle is read, starting at 1."""
    corners = np.exp(2j * np.pi * np.arange(ARC_STEPS + 1) / ARC_STEPS)
    at = np.linspace(0, ARC_STEPS, STROKE_POINTS)
    whole = np.minimum(at.astype(np.int64), ARC_STEPS - 1)
    return np.asarray(corners[whole] + (at - whole) * (corners[whole + 1] - corners[whole]))


_CIRCLE = _template()


def circles(points: Complex, kinds: npt.NDArray[np.int64]) -> tuple[Mask, Complex, Floats]:
    """Return which strokes are circles, (n,) their centres and radii.

    The points of a circle begin at angle 0 of its plane, wherever a turned drawing has it. They are an affine
    image of one polygon, so that centre and radius follow exactly.
    """
    mean = points.mean(axis=1)
    found, centre, radius = np.zeros(len(points), dtype=bool), mean.copy(), np.zeros(len(points))
    for template in (_CIRCLE, _CIRCLE.conj()):  # run through in either direction
        offset = template - template.mean()
        factor = ((points - mean[:, None]) * offset.conj()).sum(axis=1) / (np.abs(offset) ** 2).sum()
        miss = np.abs(points - mean[:, None] - factor[:, None] * offset).max(axis=1)
        fits = (kinds == NODE_TYPES.index("circle")) & (miss <= ROUND * np.abs(factor)) & (np.abs(factor) > 0)
        centre = np.where(fits, mean - factor * template.mean(), centre)
        radius = np.where(fits, np.abs(factor), radius)
        found |= fits
    return found, centre, radius


def shape_of(strokes: npt.NDArray[np.floating], kinds: npt.NDArray[np.int64]) -> Shape | None:
    """Return the shape of a drawing, or None where it has none that tells it from others.

    A lone straight line, circle or point is every other one, moved and scaled. What lies more than `strays.FAR`
    unit boxes away is left out: the rest would shrink to nothing.

    Parameters
    ----------
    strokes
        (n, 16, 2) points along each primitive.
    kinds
        (n,) int64 positions in `NODE_TYPES`.
    """
    near = ~lies_far(strokes)
    strokes, kinds = np.asarray(strokes, dtype=np.float64)[near], kinds[near]
    if not len(strokes):
        return None
    points = strokes @ np.array([1, 1j])
    place = np.isin(kinds, [NODE_TYPES.index("text"), NODE_TYPES.index("point")])
    size = np.abs(np.diff(points, axis=1)).sum(axis=1)
    points = np.where(place[:, None], points[:, :1], points)  # which way mirrored text runs depends on the program
    is_round, centre, radius = circles(points, kinds)
    lengths = np.where(is_round, 2 * np.pi * radius, size)
    points = np.where(is_round[:, None], centre[:, None] + radius[:, None] * _CIRCLE, points)
    keep = distinct(points, lengths)
    points, lengths, is_round = points[keep], lengths[keep], is_round[keep]
    centre, radius = centre[keep], radius[keep]
    weight = lengths if lengths.sum() > 0 else np.ones(len(lengths))
    middle = np.where(is_round, centre, points.mean(axis=1))
    origin = (weight * middle).sum() / weight.sum()
    spread = np.where(
        is_round, np.abs(centre - origin) ** 2 + radius**2, (np.abs(points - origin) ** 2).mean(axis=1)
    )
    scale = np.sqrt((weight * spread).sum() / weight.sum())
    if not scale > 0 or _plain(points, is_round, scale):
        return None
    points, lengths, middle = (points - origin) / scale, lengths / scale, (middle - origin) / scale
    turning = np.where(is_round, STROKE_POINTS * np.abs(middle) ** 2, (np.abs(points) ** 2).sum(axis=1))
    return Shape(points, lengths, middle, turning, is_round)


def _plain(points: Complex, is_round: Mask, scale: float) -> bool:
    if len(points) > 1:
        return False
    chord = points[0, -1] - points[0, 0]
    off = np.abs(((points[0] - points[0, 0]) * np.conj(chord)).imag).max() / max(abs(chord), 1e-300)
    return bool(is_round[0] or off <= 1e-4 * scale)


def distinct(points: Complex, lengths: Floats, *, tolerance: float = 2e-6) -> npt.NDArray[np.int64]:
    """Return (m,) positions of strokes without those that lie on an earlier one, in either direction.

    `tolerance` is a share of the extent.
    """
    extent = max(np.ptp(points.real), np.ptp(points.imag)) or 1.0
    pairs = cKDTree(coarse(points, lengths)).query_pairs(4 * tolerance * extent, output_type="ndarray")
    gone = np.zeros(len(points), dtype=bool)
    if len(pairs):
        same = equal(points[pairs[:, 0]], points[pairs[:, 1]], tolerance * extent)
        gone[pairs[same].max(axis=1)] = True
    return np.flatnonzero(~gone)


def coarse(points: Complex, lengths: Floats) -> Floats:
    """Return (n, 5) measures of strokes in which equal ones are neighbours, whatever their direction."""
    middle = points.mean(axis=1)
    chord = points[:, -1] - points[:, 0]
    # Squared, so that both directions give one value; over its size, so that it changes no faster than the points.
    turn = chord**2 / np.maximum(np.abs(chord), 1e-12)
    return np.column_stack([middle.real, middle.imag, turn.real, turn.imag, lengths])


def equal(a: Complex, b: Complex, tolerance: float) -> Mask:
    """Return (n,) bool: whether strokes lie on each other, point by point in one direction or the other."""
    forth, back = np.abs(a - b).max(axis=1), np.abs(a - b[:, ::-1]).max(axis=1)
    return np.asarray(np.minimum(forth, back) <= tolerance)


def fingerprint(shape: Shape) -> Floats:
    """Return (12,) measures that no motion changes, and that small errors change little.

    They are the characteristic functions of the distances of points from the centroid, and of the lengths of
    strokes; a bounded function each, so that one far-away line changes no more than its share.
    """
    # A circle's points at another phase have other distances: eight times as many leave no trace of it.
    angles = np.exp(2j * np.pi * np.arange(64) / 64)
    ring, radius = np.abs(shape.centres[shape.round]), shape.radii[shape.round]
    apart = np.abs(ring[:, None] + radius[:, None] * angles)
    weight = shape.lengths if shape.lengths.sum() > 0 else np.ones(len(shape))
    weight = weight / weight.sum()
    lines = np.abs(shape.strokes[~shape.round])
    out = []
    for k in PROBES:
        value = np.zeros(len(shape))
        value[shape.round] = np.cos(k * apart).mean(axis=1)
        value[~shape.round] = np.cos(k * lines).mean(axis=1)
        out.append(float(weight @ value))
        out.append(float(weight @ np.cos(k * shape.lengths)))
    return np.array(out)


def sizes(points: Complex) -> Floats:
    """Return (n,) root mean square distances of the points of strokes from their mean.

    Neither direction nor orientation matters, and it differs by no more than the points do.
    """
    return np.asarray(np.sqrt((np.abs(points - points.mean(axis=1, keepdims=True)) ** 2).mean(axis=1)))


def ordered(values: Floats) -> Floats:
    """Return (`PICKS`,) order statistics of the values, at equal steps.

    None moves farther than the value that moves farthest.
    """
    at = (np.arange(PICKS) * len(values)) // PICKS
    return np.asarray(np.sort(values)[at])
