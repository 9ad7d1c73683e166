"""Points of primitives lie where an independent route puts them: explode with ezdxf, then the exact curves."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import ezdxf
import numpy as np
import pytest
from scipy.spatial import cKDTree

from evenhand.modalities.drawings.reading.explode import explode

from .entities import ENTITIES, Rng
from .exact import Segment, flat, segments

TOLERANCE = 1e-6


def nested(document: Any, rng: Rng, make: Any, number: int) -> Any:
    """Return an insert in the modelspace of a block in a block … of one entity."""
    depth = int(rng.integers(1, 4))
    block = document.blocks.new(f"b{number}_0", base_point=tuple(rng.uniform(-3, 3, 3)))
    make(block, rng)
    for level in range(1, depth):
        outer = document.blocks.new(f"b{number}_{level}", base_point=tuple(rng.uniform(-3, 3, 3)))
        insert(outer, f"b{number}_{level - 1}", rng)
        block = outer
    return insert(document.modelspace(), block.name, rng, grid=rng.random() < 0.2)


def insert(to: Any, name: str, rng: Rng, *, grid: bool = False) -> Any:
    scale = rng.uniform(0.3, 3, 3) * rng.choice([-1, 1], 3)
    if rng.random() < 0.5:
        scale[:] = abs(scale[0]) * np.sign(scale)
    more = {
        "xscale": scale[0],
        "yscale": scale[1],
        "zscale": scale[2],
        "rotation": float(rng.choice([0, 90, rng.uniform(0, 360)])),
        "extrusion": [(0, 0, 1), (0, 0, -1), tuple(rng.normal(size=3))][int(rng.integers(3))],
    }
    if grid:
        more |= {"row_count": 2, "column_count": 2, "row_spacing": 7.0, "column_spacing": -5.0}
    return to.add_blockref(name, tuple(rng.uniform(-20, 20, 3)), more)


def assert_same_curves(ours: list[Any], exact: list[Segment]) -> None:
    """Assert that all points lie on the exact curves, that their ends are among ours, and that none is left out."""
    points = np.concatenate(ours)
    size = max(1.0, float(np.abs(points).max()))
    off = np.min([piece.distance(points) for piece in exact], axis=0)
    assert off.max() <= TOLERANCE * size
    tree = cKDTree(points)
    ends = np.concatenate([piece.ends() for piece in exact])
    assert tree.query(ends)[0].max(initial=0) <= TOLERANCE * size
    # the other way round: samples of the exact curves lie on ours, up to the height of an arc over its chord
    dense = np.concatenate([np.linspace(a, b, 50) for line in ours for a, b in pairwise(line)] or ours)
    extent = max(float(np.ptp(piece.samples(), axis=0).max()) for piece in exact)
    samples = np.concatenate([piece.samples() for piece in exact])
    assert cKDTree(dense).query(samples)[0].max() <= 0.03 * extent + TOLERANCE * size


def assert_points_as_of_ezdxf(name: str, count: int, seed: int) -> None:
    rng = np.random.default_rng([seed, sum(map(ord, name))])
    document = ezdxf.new("R2010")
    for number in range(count):
        top = nested(document, rng, ENTITIES[name], number)
        found = explode(document, [top], 10**6)
        assert (found.broken, found.cut, sum(found.unread.values())) == (0, 0, 0)
        exact = [piece for entity in flat(top) for piece in segments(entity)]
        assert_same_curves(found.curves.each(), exact)


@pytest.mark.parametrize("name", ENTITIES)
def test_points_of_inserts_lie_where_ezdxf_puts_them(name: str) -> None:
    assert_points_as_of_ezdxf(name, 3, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ENTITIES)
def test_points_of_many_inserts_lie_where_ezdxf_puts_them(name: str, size: Callable[[int, int], int]) -> None:
    assert_points_as_of_ezdxf(name, size(40, 200), seed=1)
