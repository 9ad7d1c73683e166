"""The independent route of the tests of geometry: ezdxf explodes inserts, its entities give exact curves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from ezdxf.math import OCS, Matrix44, Vec3
from ezdxf.transform import copies
from scipy.interpolate import BSpline

Points = npt.NDArray[np.float64]
_SAMPLES = 300
_TRIED = 5
_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class Segment:
    """A smooth piece of a curve: (m,) parameters in [0, 1] -> (m, 3) points."""

    at: Callable[[Points], Points]
    closed: bool = False

    def moved(self, matrix: Matrix44) -> Segment:
        m = np.array(list(matrix)).reshape(4, 4)
        return Segment(lambda t: self.at(t) @ m[:3, :3] + m[3, :3], self.closed)

    def samples(self, count: int = 40) -> Points:
        return self.at(np.linspace(0, 1, count))

    def ends(self) -> Points:
        """Return the (2, 3) ends, or none of a full turn, which begins anywhere."""
        return self.at(np.array([0.0, 1.0]))[: 0 if self.closed else 2]

    def distance(self, points: Points) -> Points:
        """Return the (m,) distances of points from the piece: golden sections around the nearest samples.

        Several of them, as a piece may cross itself.
        """
        t = np.linspace(0, 1, _SAMPLES)
        square = ((points[:, None] - self.at(t)[None]) ** 2).sum(2)
        nearest = np.argpartition(square, _TRIED, axis=1)[:, :_TRIED]
        return np.asarray(np.min([self._around(points, t[column]) for column in nearest.T], axis=0))

    def _around(self, points: Points, t: Points) -> Points:
        step = 1 / (_SAMPLES - 1)
        low, high = t - step, t + step
        if not self.closed:
            low, high = np.maximum(low, 0), np.minimum(high, 1)

        def square(s: Points) -> Points:
            return np.asarray(((self.at(s) - points) ** 2).sum(1))

        for _ in range(45):
            a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
            left = square(a) < square(b)
            low, high = np.where(left, low, a), np.where(left, b, high)
        corners = ((points[:, None] - self.at(np.array([0.0, 1.0]))[None]) ** 2).sum(2).min(1)
        return np.sqrt(np.minimum(square((low + high) / 2), corners))


def flat(entity: Any) -> list[Any]:
    """Return what is left when ezdxf has exploded an insert, and all in it.

    From the innermost block outwards: an insert cannot express every matrix (a shear, a scaled grid of copies), and
    ezdxf moves such inserts to where their contents do not belong. Boundaries of hatches become exact pieces at
    once: ezdxf loses an end of an ellipse when a boundary is sheared twice.
    """
    if entity.dxftype() == "HATCH":
        return segments(entity)
    if entity.dxftype() != "INSERT":
        return [entity]
    inside = [part for one in entity.block() for part in flat(one)]
    out: list[Any] = []
    for copy in entity.multi_insert() if entity.mcount > 1 else [entity]:
        matrix = copy.matrix44()
        log, parts = copies([one for one in inside if not isinstance(one, Segment)], matrix)
        assert not len(log), list(log)
        out += [*parts, *(one.moved(matrix) for one in inside if isinstance(one, Segment))]
    return out


def segments(entity: Any) -> list[Segment]:
    """Return the exact pieces of an entity, in world coordinates."""
    if isinstance(entity, Segment):
        return [entity]
    name = entity.dxftype()
    if name == "LINE":
        return [straight(entity.dxf.start, entity.dxf.end)]
    if name == "POINT":
        return [straight(entity.dxf.location, entity.dxf.location)]
    if name in ("CIRCLE", "ARC"):
        start, end = (0, 360) if name == "CIRCLE" else (entity.dxf.start_angle, entity.dxf.end_angle)
        return [turn(entity.ocs(), entity.dxf.center, entity.dxf.radius, math.radians(start), math.radians(end))]
    if name == "ELLIPSE":
        tool = entity.construction_tool()
        return [oval(tool.center, tool.major_axis, tool.minor_axis, tool.start_param, tool.end_param)]
    if name in ("SPLINE", "HELIX"):
        return [spline(entity.construction_tool())]
    if name in ("LWPOLYLINE", "POLYLINE"):
        return [piece for part in entity.virtual_entities() for piece in segments(part)]
    if name in ("SOLID", "TRACE", "3DFACE"):
        corners = entity.wcs_vertices(close=True)
        return [straight(a, b) for a, b in pairwise(corners)]
    if name == "LEADER":
        at = entity.vertices
        return [straight(a, b) for a, b in pairwise(at)]
    if name == "MESH":
        return [
            straight(entity.vertices[a], entity.vertices[b])
            for face in entity.faces
            for a, b in zip(face, [*face[1:], face[0]], strict=True)
        ]
    if name == "HATCH":
        return [piece for path in entity.paths for piece in boundary(path, entity)]
    raise AssertionError(name)


def boundary(path: Any, entity: Any) -> Iterator[Segment]:
    ocs, z = entity.ocs(), Vec3(entity.dxf.elevation).z
    if hasattr(path, "vertices"):
        polyline = entity.doc.layout("Model").add_lwpolyline(path.vertices, format="xyb", close=True)
        polyline.dxf.elevation, polyline.dxf.extrusion = z, entity.dxf.extrusion
        yield from segments(polyline)
        polyline.destroy()
        return
    for edge in path.edges:
        name = type(edge).__name__
        if name == "LineEdge":
            yield straight(*(ocs.to_wcs(Vec3(p).replace(z=z)) for p in (edge.start, edge.end)))
        elif name == "ArcEdge":
            angles = map(math.radians, (edge.start_angle, edge.end_angle))
            yield turn(ocs, Vec3(edge.center).replace(z=z), edge.radius, *angles)
        elif name == "EllipseEdge":
            tool = edge.construction_tool()
            axes = (ocs.to_wcs(tool.major_axis), ocs.to_wcs(tool.minor_axis))
            yield oval(ocs.to_wcs(tool.center.replace(z=z)), *axes, tool.start_param, tool.end_param)
        else:
            inner = spline(edge.construction_tool())

            def raised(t: Points, inner: Segment = inner) -> Points:
                points = inner.at(t)
                points[:, 2] = z
                return np.array([ocs.to_wcs(p).xyz for p in points])

            yield Segment(raised)


def straight(a: Any, b: Any) -> Segment:
    p, q = np.array(Vec3(a).xyz), np.array(Vec3(b).xyz)
    return Segment(lambda t: p + np.outer(t, q - p))


def turn(ocs: OCS, centre: Any, radius: float, start: float, end: float) -> Segment:
    axes = [ocs.to_wcs(Vec3(axis)) * radius for axis in ((1, 0, 0), (0, 1, 0))]
    return oval(ocs.to_wcs(centre), *axes, start, end)


def oval(centre: Any, major: Any, minor: Any, start: float, end: float) -> Segment:
    c, u, v = (np.array(Vec3(part).xyz) for part in (centre, major, minor))
    sweep = (end - start) % (2 * math.pi)
    sweep = 2 * math.pi if min(sweep, 2 * math.pi - sweep) < 1e-7 else sweep

    def at(t: Points) -> Points:
        angle = start + sweep * t
        return np.asarray(c + np.outer(np.cos(angle), u) + np.outer(np.sin(angle), v))

    return Segment(at, closed=sweep == 2 * math.pi)


def spline(tool: Any) -> Segment:
    """Evaluated by scipy, weights as a fourth coordinate."""
    control = np.array([Vec3(p).xyz for p in tool.control_points])
    weights = np.array(tool.weights() or np.ones(len(control)))[:, None]
    knots = np.array(tool.knots())
    curve = BSpline(knots, np.hstack([control * weights, weights]), tool.degree)
    low, high = knots[tool.degree], knots[tool.count]

    def at(t: Points) -> Points:
        points = curve(np.clip(low + (high - low) * t, low, high))
        return np.asarray(points[:, :3] / points[:, 3:])

    return Segment(at)
