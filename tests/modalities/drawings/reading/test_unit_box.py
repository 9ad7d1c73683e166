import numpy as np
import pytest

from evenhand.modalities.drawings.reading.primitives import primitives, unit_box
from evenhand.modalities.drawings.reading.shapes import Curve, sampled


def circle(x, y, r):
    t = np.linspace(0, 2 * np.pi, 33)
    return Curve("circle", np.column_stack([x + r * np.cos(t), y + r * np.sin(t), 0 * t]), closed=True)


def rectangle(x, y, w, h):
    corners = [(x, y, 0), (x + w, y, 0), (x + w, y + h, 0), (x, y + h, 0), (x, y, 0)]
    return Curve("polyline", np.array(corners, dtype=float), closed=True)


def line(*points):
    return Curve("line", np.array([(*p, 0.0) for p in points], dtype=float))


PLATE = [rectangle(0, 0, 100, 60), circle(20, 30, 5), circle(80, 30, 5)]


def boxed(*curves):
    return unit_box(primitives(sampled(list(curves))))


@pytest.mark.parametrize(
    "stray",
    [circle(1e5, 0, 1), line((1e5, 1e5), (1e5, 1e5 + 2)), line((50, 0), (1e5, 0)), line((50, 30), (1e5, 1e5))],
    ids=["circle", "short line", "long line", "diagonal"],
)
def test_one_far_primitive_does_not_shrink_the_rest(stray):
    alone, box = boxed(*PLATE)
    found, with_it = boxed(*PLATE, stray)
    np.testing.assert_allclose(found.strokes[:3], alone.strokes, atol=1e-9)
    assert (box.far, with_it.far) == (0, 1)
    assert with_it.extent == box.extent == 100


def test_a_frame_around_small_parts_belongs_to_them():
    found, box = boxed(rectangle(0, 0, 1000, 700), *(circle(20 + 8 * i, 20, 3) for i in range(9)))
    assert (box.extent, box.far) == (1000, 0)
    assert np.abs(found.strokes).max() == pytest.approx(0.5)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_of_few_primitives_all_count(n):
    _, box = boxed(*[circle(10.0**i, 0, 1) for i in range(n)])
    assert box.far == 0


def test_two_halves_far_from_each_other_are_one_drawing():
    parts = [*(circle(i, 0, 1) for i in range(5)), *(circle(1000 + i, 0, 1) for i in range(5))]
    assert boxed(*parts)[1].far == 0


def test_the_longer_side_is_one_and_the_middle_zero():
    found, _ = boxed(*PLATE)
    points = found.strokes.reshape(-1, 2)
    np.testing.assert_allclose(points.min(axis=0), [-0.5, -0.3], atol=1e-9)
    np.testing.assert_allclose(points.max(axis=0), [0.5, 0.3], atol=1e-9)


def test_points_alone_have_a_box_too():
    found, box = boxed(*[Curve("point", np.zeros((1, 3)))] * 5)
    assert box.extent == 1
    assert not found.strokes.any()
