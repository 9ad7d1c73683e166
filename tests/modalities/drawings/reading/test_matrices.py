"""Matrices of inserts against a formula of their own, and motions of curves."""

from __future__ import annotations

import math

import ezdxf
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evenhand.modalities.drawings.reading.explode import explode
from evenhand.modalities.drawings.reading.shapes import Curve, sampled

near = st.floats(-100, 100)
scales = st.floats(0.1, 10).flatmap(lambda size: st.sampled_from([size, -size]))
plane = st.tuples(near, near)


@given(plane, plane, plane, scales, scales, st.floats(-720, 720), st.booleans())
def test_a_point_is_moved_from_the_base_scaled_turned_and_placed(
    point: tuple[float, float],
    base: tuple[float, float],
    place: tuple[float, float],
    x: float,
    y: float,
    angle: float,
    mirrored: bool,
) -> None:
    document = ezdxf.new("R2010")
    document.blocks.new("b", base_point=(*base, 0)).add_point(point)
    more = {"xscale": x, "yscale": y, "rotation": angle, "extrusion": (0, 0, -1 if mirrored else 1)}
    top = document.modelspace().add_blockref("b", place, more)
    found = explode(document, [top], 10).curves.points[0]
    turn = np.radians(angle)
    u, v = x * (point[0] - base[0]), y * (point[1] - base[1])
    expected = np.array(
        [math.cos(turn) * u - math.sin(turn) * v + place[0], math.sin(turn) * u + math.cos(turn) * v + place[1]]
    )
    if mirrored:  # the axes of extrusion (0, 0, -1): x to the left, y up
        expected[0] *= -1
    np.testing.assert_allclose(found[:2], expected, atol=1e-8 * (1 + np.abs(expected).max()))


@given(
    st.lists(st.tuples(near, near, near), min_size=1, max_size=5),
    st.lists(st.floats(-3, 3), min_size=12, max_size=12),
)
def test_two_motions_are_their_product(points: list[tuple[float, float, float]], numbers: list[float]) -> None:
    curves = sampled([Curve("line", points)])
    a, b = np.eye(4), np.eye(4)
    a[:3, :2], b[:3, 1:3] = np.reshape(numbers[:6], (3, 2)), np.reshape(numbers[6:], (3, 2))
    a[3, :3], b[3, :3] = numbers[:3], numbers[3:6]
    np.testing.assert_allclose(
        curves.moved(a).moved(b).points, curves.moved(a @ b).points, atol=1e-9 * (1 + np.abs(points).max())
    )


@given(
    st.lists(st.tuples(near, near, near), min_size=1, max_size=4), st.lists(st.tuples(near, near, near), max_size=4)
)
def test_copies_are_the_curves_at_each_offset(
    points: list[tuple[float, float, float]], offsets: list[tuple[float, float, float]]
) -> None:
    curves = sampled([Curve("line", points), Curve("point", points[:1])])
    copies = curves.moved(np.eye(4), np.array(offsets).reshape(-1, 3))
    assert len(copies) == 2 * len(offsets)
    expected = [np.array(part) + offset for offset in offsets for part in (points, points[:1])]
    for one, other in zip(copies.each(), expected, strict=True):
        np.testing.assert_allclose(one, other)
