import numpy as np
import pytest

from evenhand.modalities.drawings.graphs.edges import edges_of
from evenhand.modalities.drawings.reading.primitives import primitives, unit_box
from evenhand.modalities.drawings.reading.shapes import Curve, sampled
from evenhand.modalities.drawings.vocabulary import EDGE_TYPES


def line(*points):
    return Curve("line", np.array([(*p, 0.0) for p in points], dtype=float))


def circle(x, y, r):
    t = np.linspace(0, 2 * np.pi, 33)
    return Curve("circle", np.column_stack([x + r * np.cos(t), y + r * np.sin(t), 0 * t]), closed=True)


def graph(curves, order=None, **how):
    """Return relations as a set of (name, source, target), numbered as `curves` are."""
    order = np.arange(len(curves)) if order is None else np.asarray(order)
    found, _ = unit_box(primitives(sampled([curves[i] for i in order])))
    edges = edges_of(found, **how)
    triples = {
        (name, int(order[a]), int(order[b]))
        for (a, b), bits in zip(edges.pairs, edges.relations, strict=True)
        for at, name in enumerate(EDGE_TYPES)
        if bits >> at & 1
    }
    return triples, edges


def names(triples, a, b):
    return {name for name, i, j in triples if (i, j) == (a, b)}


def test_each_relation_is_what_its_name_says():
    found, _ = graph(
        [
            line((0, 0), (10, 0)),
            line((10, 0), (10, 10)),  # shares an end with the first
            line((5, -5), (5, 5)),  # crosses the first
            line((3, 0), (3, 7)),  # ends on the first
            circle(20, 20, 5),
            circle(20, 20, 2),  # inside the other, around one centre
            line((0, 1), (10, 1)),  # parallel to the first
        ]
    )
    assert "shared end" in names(found, 0, 1)
    assert "crossing" in names(found, 0, 2)
    assert "touching" in names(found, 0, 3)
    assert "crossing" not in names(found, 0, 3) | names(found, 0, 1)
    assert names(found, 4, 5) == {"contains", "concentric"}
    assert names(found, 5, 4) == {"inside", "concentric"}
    assert "parallel" in names(found, 0, 6)


def test_every_relation_is_there_in_both_directions(encoded):
    rng = np.random.default_rng(0)
    found, _ = graph([line(*rng.uniform(0, 10, (2, 2))) for _ in range(40)])
    back = {"contains": "inside", "inside": "contains"}
    assert found == {(back.get(name, name), b, a) for name, a, b in found}


def drawings(rng):
    yield [line((0, 0), (np.cos(t), np.sin(t))) for t in np.linspace(0, 6, 60)]  # a hub
    yield [line((i, 0), (i, 40)) for i in range(40)] + [line((0, i), (40, i)) for i in range(40)]  # a grid
    yield [circle(0, 0, 1 + r) for r in range(50)]
    yield [line(*rng.uniform(0, 10, (2, 2))) for _ in range(80)] + [
        circle(*rng.uniform(1, 9, 3)) for _ in range(20)
    ]


@pytest.mark.parametrize("which", range(4))
def test_the_order_in_the_file_does_not_matter(which):
    rng = np.random.default_rng(which)
    curves = list(drawings(rng))[which]
    curves = [c if c.closed else Curve(c.kind, c.points + rng.uniform(0, 1e-3), False) for c in curves]
    first, edges = graph(curves)
    for _ in range(3):
        other, again = graph(curves, rng.permutation(len(curves)))
        assert other == first
        assert (again.cut, again.fallback) == (edges.cut, edges.fallback)


def test_lines_from_one_point_share_it_and_do_not_cross():
    found, edges = graph([line((0, 0), (np.cos(t), np.sin(t))) for t in np.linspace(0, 6, 100)])
    assert {name for name, _, _ in found} <= {"shared end", "parallel"}
    shared = sum(name == "shared end" for name, _, _ in found) // 2
    assert shared + edges.cut == 100 * 99 // 2


@pytest.mark.parametrize("many", [400, 1600])
def test_relations_and_what_is_left_out_stay_in_proportion(many):
    side = many // 2
    crowded = {
        "hub": [line((0, 0), (np.cos(t), np.sin(t))) for t in np.linspace(0, 6, many)],
        "grid": [line((i, 0), (i, side)) for i in range(side)] + [line((0, i), (side, i)) for i in range(side)],
        "rings": [circle(0, 0, 1 + r) for r in range(many)],
    }
    for name, curves in crowded.items():
        _, edges = graph(curves)
        assert len(edges.pairs) <= 120 * many, name
        assert edges.cut > 0, name


def test_the_fall_back_joins_those_without_a_relation_only():
    curves = [line((0, 0), (1, 0)), line((1, 0), (1, 1)), circle(5, 5, 0.4), circle(9, 1, 0.4)]
    found, edges = graph(curves)
    assert edges.fallback == 2
    assert names(found, 2, 3) == {"nearest"}
    assert names(found, 0, 1) == {"shared end"}
    alone, edges = graph(curves, fallback="none")
    assert edges.fallback == 0
    assert not any(2 in pair[1:] for pair in alone)


@pytest.mark.parametrize("curves", [[], [line((0, 0), (1, 1))], [Curve("point", np.zeros((1, 3)))] * 3])
def test_few_or_no_primitives_make_a_graph(curves):
    found = primitives(sampled(curves))
    edges = edges_of(unit_box(found)[0] if len(found) else found)
    assert edges.pairs.shape == (len(edges.relations), 2)
    assert edges.pairs.dtype == np.int32
