"""One random entity of each type, added to a block or a layout; object coordinates turned and mirrored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from ezdxf.math import Vec3

Rng = np.random.Generator
Maker = Callable[[Any, Rng], None]

ENTITIES: dict[str, Maker] = {}


def entity(maker: Maker) -> Maker:
    ENTITIES[maker.__name__] = maker
    return maker


def at(rng: Rng, d: int = 2) -> tuple[float, ...]:
    return tuple(rng.uniform(-10, 10, d).tolist())


def plane(rng: Rng) -> dict[str, Any]:
    """Return attributes of the object coordinates: usual, mirrored, or anywhere in space."""
    return {"extrusion": [(0, 0, 1), (0, 0, -1), tuple(rng.normal(size=3).tolist())][int(rng.integers(3))]}


@entity
def line(to: Any, rng: Rng) -> None:
    to.add_line(at(rng, 3), at(rng, 3))


@entity
def point(to: Any, rng: Rng) -> None:
    to.add_point(at(rng, 3))


@entity
def circle(to: Any, rng: Rng) -> None:
    to.add_circle(at(rng, 3), rng.uniform(0.5, 5), plane(rng))


@entity
def arc(to: Any, rng: Rng) -> None:
    start, sweep = rng.uniform(0, 360), rng.uniform(10, 350)
    to.add_arc(at(rng, 3), rng.uniform(0.5, 5), start, (start + sweep) % 360, dxfattribs=plane(rng))


@entity
def ellipse(to: Any, rng: Rng) -> None:
    full = rng.random() < 0.3
    params = (0.0, 2 * np.pi) if full else tuple(rng.uniform(0, 2 * np.pi, 2).tolist())
    down = rng.random() < 0.5
    extrusion = {"extrusion": (0, 0, -1 if down else 1)}
    to.add_ellipse(at(rng, 3), (*at(rng), 0.0), rng.uniform(0.2, 1), *params, dxfattribs=extrusion)


@entity
def light_polyline(to: Any, rng: Rng) -> None:
    n = int(rng.integers(2, 7))
    bulges = np.where(rng.random(n) < 0.5, rng.uniform(-1.5, 1.5, n), 0.0)
    points = [(*at(rng), bulge) for bulge in bulges.tolist()]
    closed = bool(rng.random() < 0.5)
    more = {**plane(rng), "elevation": rng.uniform(-5, 5)}
    to.add_lwpolyline(points, format="xyb", close=closed, dxfattribs=more)


@entity
def old_polyline(to: Any, rng: Rng) -> None:
    points = [(*at(rng), float(rng.choice([0.0, 0.7, -1.2]))) for _ in range(4)]
    closed = bool(rng.random() < 0.5)
    more = {**plane(rng), "elevation": (0, 0, rng.uniform(-5, 5))}
    to.add_polyline2d(points, format="xyb", close=closed, dxfattribs=more)


@entity
def polyline_in_space(to: Any, rng: Rng) -> None:
    to.add_polyline3d([at(rng, 3) for _ in range(4)], close=bool(rng.random() < 0.5))


@entity
def polyface(to: Any, rng: Rng) -> None:
    corners = [at(rng, 3) for _ in range(5)]
    to.add_polyface().append_faces([[corners[0], corners[1], corners[2]], [corners[1], corners[3], corners[4]]])


@entity
def spline(to: Any, rng: Rng) -> None:
    to.add_open_spline([at(rng, 3) for _ in range(6)], degree=3)


@entity
def periodic_spline(to: Any, rng: Rng) -> None:
    corners = [at(rng, 3) for _ in range(6)]
    made = to.add_spline(degree=3)
    made.control_points = [*corners, *corners[:3]]
    made.knots = [float(k) for k in range(13)]
    made.closed = True


@entity
def rational_spline(to: Any, rng: Rng) -> None:
    to.add_rational_spline([at(rng, 3) for _ in range(6)], rng.uniform(0.3, 3, 6).tolist(), degree=3)


@entity
def fitted_spline(to: Any, rng: Rng) -> None:
    to.add_cad_spline_control_frame([at(rng, 3) for _ in range(4)])


@entity
def solid(to: Any, rng: Rng) -> None:
    z = rng.uniform(-5, 5)
    corners = [(*at(rng), z) for _ in range(int(rng.integers(3, 5)))]
    to.add_solid(corners, dxfattribs=plane(rng))


@entity
def trace(to: Any, rng: Rng) -> None:
    to.add_trace([at(rng) for _ in range(4)], dxfattribs=plane(rng))


@entity
def face(to: Any, rng: Rng) -> None:
    to.add_3dface([at(rng, 3) for _ in range(int(rng.integers(3, 5)))])


@entity
def mesh(to: Any, rng: Rng) -> None:
    made = to.add_mesh()
    with made.edit_data() as data:
        data.vertices = [Vec3(at(rng, 3)) for _ in range(5)]
        data.faces = [[0, 1, 2], [1, 3, 4, 2]]


@entity
def leader(to: Any, rng: Rng) -> None:
    to.add_leader([at(rng, 3) for _ in range(3)])


@entity
def hatch_of_polyline(to: Any, rng: Rng) -> None:
    made = to.add_hatch(dxfattribs=plane(rng))
    made.dxf.elevation = (0, 0, rng.uniform(-5, 5))
    made.paths.add_polyline_path(
        [(*at(rng), float(rng.choice([0.0, 0.8, -0.5]))) for _ in range(4)], is_closed=True
    )


@entity
def hatch_of_edges(to: Any, rng: Rng) -> None:
    """Lines, an arc and half an ellipse, each clockwise or not, around a box; and a spline back."""
    made = to.add_hatch(dxfattribs=plane(rng))
    made.dxf.elevation = (0, 0, rng.uniform(-5, 5))
    path = made.paths.add_edge_path()
    path.add_line((0, 0), (4, 0))
    if rng.random() < 0.5:
        path.add_arc((4, 1), 1, -90, 90, ccw=True)
    else:
        path.add_arc((4, 1), 1, 90, 270, ccw=False)
    if rng.random() < 0.5:
        path.add_ellipse((3, 2), (1, 0), 0.5, 0, 180, ccw=True)
    else:
        path.add_ellipse((3, 2), (1, 0), 0.5, 180, 360, ccw=False)
    path.add_spline(control_points=[(2, 2), (1, 3), (0, 2), (0, 0)], degree=3)


@entity
def hatch_with_holes(to: Any, rng: Rng) -> None:
    made = to.add_hatch(dxfattribs=plane(rng))
    made.paths.add_polyline_path([(-9, -9), (9, -9), (9, 9), (-9, 9)], is_closed=True)
    path = made.paths.add_edge_path()
    path.add_arc(at(rng), 2, 0, 360)
    path.add_ellipse(at(rng), (2, 1), 0.4, 0, 360)
