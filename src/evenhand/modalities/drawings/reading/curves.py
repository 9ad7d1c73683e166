"""Entities of a drawing as curves, in world coordinates of what contains them.

Arcs, circles, bulges, solids and boundaries of hatches lie in *object coordinates*: a plane of their own, given by
the direction of extrusion, which a mirrored insert turns to (0, 0, -1). Every function here returns points in the
coordinates of the container (the modelspace, or the block that holds the entity), so that only the matrix of an
insert is left to apply.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from ezdxf.math import OCS, Vec3, bulge_to_arc, fit_points_to_cad_cv

from evenhand.modalities.drawings.reading.shapes import (
    FULL,
    Arc,
    Curve,
    Place,
    Points,
    sampled,
    sweep_of,
    turn_steps,
)

SPLINE_STEPS = 8
"""Steps of each span of a spline between two knots."""
MOST_STEPS = 512
"""Most steps of one curve: a spline may have a million knots."""

Maker = Callable[[Any], Iterable[Curve | Arc]]

MAKERS: dict[str, Maker] = {}
"""DXF type -> function that yields the curves of an entity."""


def makes(*types: str) -> Callable[[Maker], Maker]:
    """Return a decorator that registers a function for DXF types."""

    def add(maker: Maker) -> Maker:
        MAKERS.update(dict.fromkeys(types, maker))
        return maker

    return add


def axes_of(entity: Any) -> list[Place] | None:
    """Return the axes of an entity's object coordinates in those of its container; None where they are the same."""
    if not entity.dxf.hasattr("extrusion"):
        return None
    ocs = OCS(entity.dxf.extrusion)
    return [ocs.ux.xyz, ocs.uy.xyz, ocs.uz.xyz] if ocs.transform else None


def in_world(points: Sequence[Place] | Points, axes: Sequence[Place] | None) -> Sequence[Place] | Points:
    """Return (m, 3) points of object coordinates in those of the container."""
    return points if axes is None else np.asarray(points, dtype=np.float64) @ np.array(axes)


def bulge_points(
    vertices: Sequence[tuple[float, float, float]], closed: bool, z: float
) -> Sequence[Place] | Points:
    """Return (m, 3) points of a polyline with bulges.

    Parameters
    ----------
    vertices
        (x, y, bulge), the bulge of the segment that follows: the tangent of a quarter of its angle, positive where
        it is counter-clockwise.
    closed
        Whether a segment leads back to the first vertex.
    z
        Elevation of all.
    """
    corners = [*vertices, vertices[0]] if closed and len(vertices) > 1 else list(vertices)
    if not any(abs(bulge) > 1e-9 for _, _, bulge in corners):
        return [(x, y, z) for x, y, _ in corners]
    out: list[Points] = [np.array([[corners[0][0], corners[0][1], z]])]
    for (x0, y0, bulge), (x1, y1, _) in pairwise(corners):
        end = np.array([[x1, y1, z]])
        if abs(bulge) > 1e-9 and (x0, y0) != (x1, y1):
            centre, start, _, radius = bulge_to_arc((x0, y0), (x1, y1), bulge)
            sweep = 4 * math.atan(abs(bulge))
            steps = turn_steps(sweep)
            angle = (start + sweep * np.arange(1, steps) / steps)[:: 1 if bulge > 0 else -1]
            x, y = centre.x + radius * np.cos(angle), centre.y + radius * np.sin(angle)
            out.append(np.column_stack([x, y, np.full_like(x, z)]))
        out.append(end)
    return np.concatenate(out)


def places(vectors: Iterable[Any]) -> list[Place]:
    """Return vectors of ezdxf, or sequences of two or three numbers, as tuples."""
    return [Vec3(vector).xyz for vector in vectors]


@makes("LINE")
def line(entity: Any) -> Iterator[Curve]:
    """A line lies in world coordinates; its extrusion matters to its thickness only."""
    yield Curve("line", [entity.dxf.start.xyz, entity.dxf.end.xyz])


@makes("CIRCLE")
def circle(entity: Any) -> Iterator[Arc]:
    """Yield a full turn."""
    yield Arc("circle", entity.dxf.center.xyz, abs(entity.dxf.radius), 0.0, FULL, axes_of(entity), closed=True)


@makes("ARC")
def arc(entity: Any) -> Iterator[Arc]:
    """Yield an arc; a start equal to the end is a full turn."""
    start = math.radians(entity.dxf.start_angle)
    sweep = sweep_of(start, math.radians(entity.dxf.end_angle))
    yield Arc("arc", entity.dxf.center.xyz, abs(entity.dxf.radius), start, sweep, axes_of(entity), sweep == FULL)


@makes("ELLIPSE")
def ellipse(entity: Any) -> Iterator[Curve]:
    """Yield an ellipse, which lies in world coordinates; the extrusion gives the side of its minor axis."""
    start = entity.dxf.start_param
    sweep = sweep_of(start, entity.dxf.end_param)
    t = (start + np.linspace(0.0, sweep, turn_steps(sweep) + 1))[:, None]
    major = Vec3(entity.dxf.major_axis)
    minor = Vec3(entity.dxf.extrusion).normalize().cross(major) * entity.dxf.ratio
    points = np.array(entity.dxf.center.xyz) + np.cos(t) * major.xyz + np.sin(t) * minor.xyz
    yield Curve("ellipse", points, sweep == FULL)


@makes("LWPOLYLINE")
def light_polyline(entity: Any) -> Iterator[Curve]:
    """Yield a polyline in object coordinates at one elevation."""
    # Columns are x, y, the widths at both ends and the bulge; `get_points` would take most of the time of reading.
    values = np.asarray(entity.lwpoints.values, dtype=np.float64).reshape(-1, 5)
    vertices = [(x, y, bulge) for x, y, bulge in values[:, [0, 1, 4]].tolist()]
    if vertices:
        points = bulge_points(vertices, entity.closed, float(entity.dxf.elevation))
        yield Curve("polyline", in_world(points, axes_of(entity)), bool(entity.closed))


@makes("POLYLINE")
def polyline(entity: Any) -> Iterator[Curve | Arc]:
    """Yield a polyline, or the edges of the faces of a mesh."""
    if entity.is_poly_face_mesh or entity.is_polygon_mesh:
        for face in entity.virtual_entities():
            yield from face_edges(face)
        return
    vertices = [vertex.dxf for vertex in entity.vertices if vertex.dxf.flags & 16 == 0]  # no frames of splines
    if not vertices:
        return
    closed = bool(entity.is_closed)
    if entity.is_3d_polyline:
        at = places(vertex.location for vertex in vertices)
        yield Curve("polyline", [*at, at[0]] if closed else at, closed)
        return
    corners = [(*vertex.location.xyz[:2], float(vertex.get("bulge", 0.0))) for vertex in vertices]
    z = Vec3(entity.dxf.get("elevation", (0, 0, 0))).z
    yield Curve("polyline", in_world(bulge_points(corners, closed, z), axes_of(entity)), closed)


@makes("SPLINE", "HELIX")
def spline(entity: Any) -> Iterator[Curve]:
    """Yield a spline; one with fit points alone is interpolated."""
    if len(entity.control_points) or len(entity.fit_points) > 1:
        yield Curve("spline", bspline_points(entity.construction_tool()))


def bspline_points(tool: Any) -> Points:
    """Return (m, 3) points of a `BSpline` between its knots.

    Where the ends are not clamped, as in periodic splines, the curve is where all basis functions are: from knot
    number `degree` on (The NURBS Book, 2.4).
    """
    knots = np.asarray(tool.knots(), dtype=np.float64)
    low, high = knots[tool.order - 1], knots[tool.count]
    inner = np.unique(knots[(knots >= low) & (knots <= high)])
    steps = max(1, min(SPLINE_STEPS, MOST_STEPS // max(1, len(inner) - 1)))
    t = np.append((inner[:-1, None] + np.diff(inner)[:, None] * np.arange(steps) / steps).ravel(), high)
    if len(t) > MOST_STEPS + 1:
        t = np.linspace(low, high, MOST_STEPS + 1)
    return np.array(places(tool.points(t)))


@makes("SOLID", "TRACE")
def solid(entity: Any) -> Iterator[Curve]:
    """Yield the outline of a filled face in object coordinates; the library undoes the crosswise order."""
    corners = places(entity.vertices())
    yield Curve("solid", in_world([*corners, corners[0]], axes_of(entity)), closed=True)


@makes("3DFACE")
def face_edges(entity: Any) -> Iterator[Curve]:
    """Yield the outline of a face in world coordinates."""
    corners = places(entity.wcs_vertices())
    yield Curve("solid", [*corners, corners[0]], closed=True)


@makes("MESH")
def mesh(entity: Any) -> Iterator[Curve]:
    """Yield the outlines of the faces of a mesh, as they are before it is smoothed."""
    vertices = places(entity.vertices)
    for face in entity.faces:
        corners = [vertices[at] for at in face]
        if corners:
            yield Curve("solid", [*corners, corners[0]], closed=True)


@makes("POINT")
def point(entity: Any) -> Iterator[Curve]:
    """Yield a point."""
    yield Curve("point", [entity.dxf.location.xyz])


@makes("TEXT", "ATTRIB", "ATTDEF")
def text(entity: Any) -> Iterator[Curve]:
    """Yield where a text begins and which way it runs; its words, and so its length, are not read."""
    start = Vec3(entity.dxf.insert)
    along = Vec3.from_deg_angle(entity.dxf.get("rotation", 0.0)) * float(entity.dxf.get("height", 1.0))
    yield Curve("text", in_world([start.xyz, (start + along).xyz], axes_of(entity)))


@makes("MTEXT")
def mtext(entity: Any) -> Iterator[Curve]:
    """Yield the same of a text of several lines: place and direction lie in world coordinates, its angle not."""
    start = Vec3(entity.dxf.insert)
    if entity.dxf.hasattr("text_direction"):
        along = Vec3(entity.dxf.text_direction).normalize()
    else:
        angle = Vec3.from_deg_angle(entity.dxf.get("rotation", 0.0))
        along = OCS(entity.dxf.get("extrusion", (0, 0, 1))).to_wcs(angle)
    yield Curve("text", [start.xyz, (start + along * float(entity.dxf.get("char_height", 1.0))).xyz])


@makes("LEADER")
def leader(entity: Any) -> Iterator[Curve]:
    """Yield the line of a leader, straight or as the spline through its points."""
    at = places(entity.vertices)
    if len(at) < 2:
        return
    if entity.dxf.path_type == 1 and len(at) > 2:
        ends = [Vec3(at[1]) - Vec3(at[0]), Vec3(at[-1]) - Vec3(at[-2])]
        yield Curve("leader", bspline_points(fit_points_to_cad_cv(at, tangents=ends)))
    else:
        yield Curve("leader", at)


@makes("HATCH", "MPOLYGON")
def hatch(entity: Any) -> Iterator[Curve]:
    """Yield the boundaries of a hatch; its pattern is not rendered (a dense one takes all memory)."""
    axes, z = axes_of(entity), Vec3(entity.dxf.get("elevation", (0, 0, 0))).z
    for path in entity.paths:
        if hasattr(path, "vertices"):
            if len(path.vertices):
                vertices = [(float(x), float(y), float(b)) for x, y, b in path.vertices]
                yield Curve("hatch", in_world(bulge_points(vertices, True, z), axes), closed=True)
            continue
        for flat in chained([edge_points(edge) for edge in path.edges]):
            points = np.column_stack([flat, np.full(len(flat), z)])
            yield Curve("hatch", in_world(points, axes), closed=True)


def edge_points(edge: Any) -> Points:
    """Return (m, 2) points of one edge of a boundary, in object coordinates, in its direction.

    The library holds arcs counter-clockwise, whatever their direction.
    """
    name = type(edge).__name__
    if name == "LineEdge":
        return np.array([tuple(edge.start)[:2], tuple(edge.end)[:2]], dtype=np.float64)
    if name == "ArcEdge":
        start = math.radians(edge.start_angle)
        sweep = sweep_of(start, math.radians(edge.end_angle))
        shape = Arc("arc", (edge.center.x, edge.center.y, 0.0), abs(edge.radius), start, sweep)
        flat = sampled([shape]).points[:, :2]
    elif name == "EllipseEdge":
        tool = edge.construction_tool()
        sweep = sweep_of(tool.start_param, tool.end_param)
        t = (tool.start_param + np.linspace(0.0, sweep, turn_steps(sweep) + 1))[:, None]
        major = np.array(tool.major_axis.xyz[:2])
        minor = np.array([-major[1], major[0]]) * tool.ratio
        flat = np.array(tool.center.xyz[:2]) + np.cos(t) * major + np.sin(t) * minor
    else:
        return bspline_points(edge.construction_tool())[:, :2]
    return flat if edge.ccw else flat[::-1]


def chained(parts: Sequence[Points]) -> Iterator[Points]:
    """Yield closed (m, 2) loops of edges that follow each other, some of them written backwards.

    A boundary may hold several loops, and programs do not agree on the direction of edges: joined as they are
    written, they would give lines across the drawing that are not there.
    """
    parts = [part for part in parts if len(part)]
    if not parts:
        return
    every = np.concatenate(parts)
    near = 1e-6 * float(np.ptp(every, axis=0).max())
    loop: list[Points] = []
    for part in parts:
        if loop and _apart(loop[-1][-1], part[0]) > near:
            if _apart(loop[-1][-1], part[-1]) <= near:
                part = part[::-1]
            elif len(loop) == 1 and _apart(loop[0][0], part[0]) <= near:
                loop = [loop[0][::-1]]
            elif len(loop) == 1 and _apart(loop[0][0], part[-1]) <= near:
                loop, part = [loop[0][::-1]], part[::-1]
            else:
                yield np.concatenate(loop)
                loop = []
        loop.append(part)
    yield np.concatenate(loop)


def _apart(a: Points, b: Points) -> float:
    return float(np.abs(a - b).max())
