"""Entities of a drawing as curves: points on the exact curve, in the coordinates of the entity's container.

Arcs, circles, bulges, solids and boundaries of hatches lie in *object coordinates*, a plane of their own that the
extrusion direction gives. Every function here returns points in world coordinates of the container (the modelspace,
or the block that holds the entity), so that only the matrix of an insert is left to apply.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from ezdxf.math import OCS, Vec3, bulge_to_arc

Points = npt.NDArray[np.float64]

ARC_STEPS = 32
"""Steps of a full turn; an arc has its share of them, at least `LEAST_STEPS`."""
LEAST_STEPS = 4
SPLINE_STEPS = 8
"""Steps of each span of a spline between two knots."""
MOST_STEPS = 512
"""Most steps of one curve: a spline may have a million knots."""


@dataclass(frozen=True, eq=False)
class Curve:
    """One primitive.

    Attributes
    ----------
    kind
        Name of its type, one of `NODE_TYPES`.
    points
        (m, 3) float64 consecutive points on the curve; one point for a POINT.
    closed
        Whether its end is its beginning.
    """

    kind: str
    points: Points
    closed: bool = False


Maker = Callable[[Any], Iterable[Curve]]

MAKERS: dict[str, Maker] = {}
"""DXF type -> function that yields the curves of an entity."""


def makes(*types: str) -> Callable[[Maker], Maker]:
    """Return a decorator that registers a function for DXF types."""

    def add(maker: Maker) -> Maker:
        MAKERS.update(dict.fromkeys(types, maker))
        return maker

    return add


def turn_steps(angle: float) -> int:
    """Return the number of steps of an arc over so many radians."""
    # Less a little: a quarter turn has as many steps before and after its angles were rounded by a motion.
    return max(LEAST_STEPS, math.ceil(abs(angle) / (2 * math.pi) * ARC_STEPS - 1e-6))


def _world(ocs: OCS, points: Points) -> Points:
    """Return (m, 3) points of an object's coordinates in world coordinates."""
    if not ocs.transform:
        return points
    axes = np.array([ocs.ux, ocs.uy, ocs.uz], dtype=np.float64)
    return np.asarray(points @ axes)


def arc_points(centre: Vec3, radius: float, start: float, end: float) -> Points:
    """Return (m, 3) points of an arc in its plane, counter-clockwise from one angle (radians) to the other."""
    sweep = (end - start) % (2 * math.pi) or 2 * math.pi
    angles = start + np.linspace(0.0, sweep, turn_steps(sweep) + 1)
    x, y = centre.x + radius * np.cos(angles), centre.y + radius * np.sin(angles)
    return np.column_stack([x, y, np.full_like(x, centre.z)])


def bulge_points(vertices: Sequence[tuple[float, float, float]], closed: bool, z: float) -> Points:
    """Return (m, 3) points of a polyline with bulges: (x, y, bulge), the bulge of the segment that follows."""
    corners = [*vertices, vertices[0]] if closed and len(vertices) > 1 else list(vertices)
    out: list[Points] = [np.array([[corners[0][0], corners[0][1], z]])]
    for (x0, y0, bulge), (x1, y1, _) in pairwise(corners):
        if abs(bulge) > 1e-9 and (x0, y0) != (x1, y1):
            centre, start, end, radius = bulge_to_arc((x0, y0), (x1, y1), bulge)
            part = arc_points(Vec3(centre.x, centre.y, z), radius, start, end)
            out.append((part if bulge > 0 else part[::-1])[1:])
        else:
            out.append(np.array([[x1, y1, z]]))
    return np.concatenate(out)


def _vectors(vectors: Iterable[Any]) -> Points:
    return np.array([tuple(Vec3(v)) for v in vectors], dtype=np.float64).reshape(-1, 3)


@makes("LINE")
def line(entity: Any) -> Iterator[Curve]:
    """A line lies in world coordinates; its extrusion matters to its thickness only."""
    yield Curve("line", _vectors((entity.dxf.start, entity.dxf.end)))


@makes("CIRCLE")
def circle(entity: Any) -> Iterator[Curve]:
    """Yield a full turn."""
    points = arc_points(Vec3(entity.dxf.center), abs(entity.dxf.radius), 0.0, 2 * math.pi)
    yield Curve("circle", _world(entity.ocs(), points), closed=True)


@makes("ARC")
def arc(entity: Any) -> Iterator[Curve]:
    """Yield an arc; a start equal to the end is a full turn."""
    start, end = math.radians(entity.dxf.start_angle), math.radians(entity.dxf.end_angle)
    points = arc_points(Vec3(entity.dxf.center), abs(entity.dxf.radius), start, end)
    yield Curve("arc", _world(entity.ocs(), points))


@makes("ELLIPSE")
def ellipse(entity: Any) -> Iterator[Curve]:
    """Yield an ellipse, which lies in world coordinates; the extrusion gives the side of its minor axis."""
    start, end = entity.dxf.start_param, entity.dxf.end_param
    sweep = (end - start) % (2 * math.pi)
    full = sweep < 1e-9
    sweep = 2 * math.pi if full else sweep
    t = (start + np.linspace(0.0, sweep, turn_steps(sweep) + 1))[:, None]
    major = Vec3(entity.dxf.major_axis)
    minor = Vec3(entity.dxf.extrusion).normalize().cross(major) * entity.dxf.ratio
    points = np.array(tuple(Vec3(entity.dxf.center))) + np.cos(t) * tuple(major) + np.sin(t) * tuple(minor)
    yield Curve("ellipse", points, closed=full)


@makes("LWPOLYLINE")
def light_polyline(entity: Any) -> Iterator[Curve]:
    """Yield a polyline in object coordinates at one elevation."""
    vertices = [(float(x), float(y), float(b)) for x, y, b in entity.get_points("xyb")]
    if vertices:
        points = bulge_points(vertices, entity.closed, float(entity.dxf.elevation))
        yield Curve("polyline", _world(entity.ocs(), points), closed=bool(entity.closed))


@makes("POLYLINE")
def polyline(entity: Any) -> Iterator[Curve]:
    """Yield a polyline, or the edges of the faces of a mesh."""
    if entity.is_poly_face_mesh or entity.is_polygon_mesh:
        for face in entity.virtual_entities():
            yield from face_edges(face)
        return
    at = [vertex.dxf.location for vertex in entity.vertices if vertex.dxf.flags & 16 == 0]  # no spline frames
    if not at:
        return
    if entity.is_3d_polyline:
        points = _vectors(at)
        yield Curve("polyline", np.vstack([points, points[:1]]) if entity.is_closed else points, entity.is_closed)
        return
    bulges = [vertex.dxf.get("bulge", 0.0) for vertex in entity.vertices if vertex.dxf.flags & 16 == 0]
    z = float(Vec3(entity.dxf.get("elevation", (0, 0, 0))).z)
    vertices = [(float(p[0]), float(p[1]), float(b)) for p, b in zip(at, bulges, strict=True)]
    yield Curve("polyline", _world(entity.ocs(), bulge_points(vertices, entity.is_closed, z)), entity.is_closed)


@makes("SPLINE", "HELIX")
def spline(entity: Any) -> Iterator[Curve]:
    """Yield a spline; one with fit points alone is interpolated."""
    if not len(entity.control_points) and len(entity.fit_points) < 2:
        return
    yield Curve("spline", bspline_points(entity.construction_tool()), bool(entity.closed))


def bspline_points(tool: Any) -> Points:
    """Return (m, 3) points of a `BSpline` between its knots."""
    knots = np.unique(np.asarray(tool.knots(), dtype=np.float64))
    low, high = knots[0], tool.max_t
    knots = knots[knots <= high]
    steps = max(1, min(SPLINE_STEPS, MOST_STEPS // max(1, len(knots) - 1)))
    inner = (knots[:-1, None] + np.diff(knots)[:, None] * np.arange(steps) / steps).ravel()
    t = np.append(inner, high)
    if len(t) > MOST_STEPS:
        t = np.linspace(low, high, MOST_STEPS + 1)
    return _vectors(tool.points(t))


@makes("SOLID", "TRACE")
def solid(entity: Any) -> Iterator[Curve]:
    """Yield the outline of a filled face in object coordinates; its vertices are stored crosswise."""
    corners = _vectors(entity.vertices())
    if len(corners):
        yield Curve("solid", _world(entity.ocs(), np.vstack([corners, corners[:1]])), closed=True)


@makes("3DFACE")
def face_edges(entity: Any) -> Iterator[Curve]:
    """Yield the outline of a face in world coordinates."""
    corners = _vectors(entity.wcs_vertices())
    if len(corners):
        yield Curve("solid", np.vstack([corners, corners[:1]]), closed=True)


@makes("POINT")
def point(entity: Any) -> Iterator[Curve]:
    """Yield a point."""
    yield Curve("point", _vectors((entity.dxf.location,)))


@makes("TEXT", "ATTRIB", "ATTDEF")
def text(entity: Any) -> Iterator[Curve]:
    """Yield where a text begins and which way it runs; its words, and so its length, are not read."""
    place = Vec3(entity.dxf.insert)
    along = Vec3.from_deg_angle(entity.dxf.get("rotation", 0.0)) * float(entity.dxf.get("height", 1.0))
    yield Curve("text", _world(entity.ocs(), _vectors((place, place + along))))


@makes("MTEXT")
def mtext(entity: Any) -> Iterator[Curve]:
    """Yield the same of a text of several lines, which lies in world coordinates."""
    place = Vec3(entity.dxf.insert)
    along = Vec3.from_deg_angle(entity.get_rotation()) * float(entity.dxf.get("char_height", 1.0))
    yield Curve("text", _vectors((place, place + along)))


@makes("LEADER")
def leader(entity: Any) -> Iterator[Curve]:
    """Yield the line of a leader."""
    if len(entity.vertices) > 1:
        yield Curve("leader", _vectors(entity.vertices))


@makes("HATCH", "MPOLYGON")
def hatch(entity: Any) -> Iterator[Curve]:
    """Yield the boundaries of a hatch; its pattern is not rendered (a dense one takes all memory)."""
    ocs, z = entity.ocs(), float(Vec3(entity.dxf.get("elevation", (0, 0, 0))).z)
    for path in entity.paths:
        if hasattr(path, "vertices"):
            if len(path.vertices):
                vertices = [(float(x), float(y), float(b)) for x, y, b in path.vertices]
                yield Curve("hatch", _world(ocs, bulge_points(vertices, True, z)), closed=True)
            continue
        parts = [_edge(edge, z) for edge in path.edges]
        parts = [part for part in parts if len(part)]
        if parts:
            yield Curve("hatch", _world(ocs, np.concatenate(parts)), closed=True)


def _edge(edge: Any, z: float) -> Points:
    """Return (m, 3) points of one edge of a boundary, in object coordinates."""
    name = type(edge).__name__
    if name == "LineEdge":
        flat = np.array([tuple(edge.start)[:2], tuple(edge.end)[:2]], dtype=np.float64)
    elif name == "ArcEdge":
        part = arc_points(
            Vec3(edge.center), abs(edge.radius), *map(math.radians, (edge.start_angle, edge.end_angle))
        )
        flat = (part if edge.ccw else part[::-1])[:, :2]
    elif name == "EllipseEdge":
        start, end = map(float, (edge.start_param, edge.end_param))
        sweep = (end - start) % (2 * math.pi) or 2 * math.pi
        t = (start + np.linspace(0.0, sweep, turn_steps(sweep) + 1))[:, None]
        major = np.array(tuple(edge.major_axis)[:2], dtype=np.float64)
        minor = np.array([-major[1], major[0]]) * edge.ratio
        flat = np.array(tuple(edge.center)[:2]) + np.cos(t) * major + np.sin(t) * minor
        flat = flat if edge.ccw else flat[::-1]
    else:
        flat = bspline_points(edge.construction_tool())[:, :2]
    return np.column_stack([flat, np.full(len(flat), z)])
