"""Generated parts: what an office does changes the file, not the part."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("ezdxf")

from evenhand.base.seeds import generator
from evenhand.modalities.drawings.example.offices import VERSIONS, Office
from evenhand.modalities.drawings.reading.encode import read_curves
from evenhand.modalities.drawings.reading.primitives import Primitives, primitives, unit_box
from evenhand.testing.drawings import CLASSES, moved_copy, part_bytes

PLAIN = Office(centre_lines=False, hatches=False, dimensions=0)


def shape(raw: bytes) -> Primitives:
    """Return the primitives of a file in their unit box."""
    opened, exploded, _ = read_curves(raw, 100_000)
    assert not opened.recovered
    assert not exploded.broken
    return unit_box(primitives(exploded.curves))[0]


@pytest.mark.parametrize("name", CLASSES)
def test_a_part_has_one_shape_however_it_is_drawn(name: str) -> None:
    plain = shape(part_bytes(name, office=PLAIN, seed=5))
    manners = (
        replace(PLAIN, polylines=False),
        replace(PLAIN, inserts=True, scale=1 / 25.4),
        replace(PLAIN, version="R2000", chinese=True, origin=700 - 90j),
        replace(PLAIN, turned=True),
        replace(PLAIN, version="R12", scale=10.0),
    )
    for office in manners:
        found = shape(part_bytes(name, office=office, seed=5))
        assert found.lengths.sum() == pytest.approx(plain.lengths.sum(), rel=0.02)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("chinese", [False, True])
def test_every_version_is_read_without_repairs(version: str, chinese: bool) -> None:
    office = Office(version=version, chinese=chinese, frame=True, inserts=True, dimensions=4)
    for seed, name in enumerate(CLASSES):
        assert len(shape(part_bytes(name, office=office, seed=seed))) > 8


def test_numbers_of_primitives_do_not_tell_classes_apart() -> None:
    sizes = {name: [len(shape(part_bytes(name, seed=seed))) for seed in range(8)] for name in CLASSES}
    for one in CLASSES:
        for other in CLASSES:
            assert min(sizes[one]) < max(sizes[other])


def test_a_moved_copy_has_the_same_shape() -> None:
    raw = part_bytes("bracket", seed=2)
    copy = moved_copy(raw, generator("copy"))
    assert copy != raw
    (a, b) = (np.sort(part.lengths) for part in (shape(raw), shape(copy)))
    assert b / b.sum() == pytest.approx(a / a.sum(), abs=1e-5)
