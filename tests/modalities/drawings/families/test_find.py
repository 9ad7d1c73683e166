"""Copies of drawings, exact and moved: generated lines, generated DXF files, and the real library."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("ezdxf")

import evenhand
from evenhand.modalities.drawings.config import DrawingsConfig
from evenhand.modalities.drawings.families import find
from evenhand.modalities.drawings.families.find import exact_copies, moved_copies, verified
from evenhand.modalities.drawings.graphs.nodes import node_features
from evenhand.modalities.drawings.reading.encode import encode
from evenhand.modalities.drawings.reading.primitives import primitives, unit_box
from evenhand.modalities.drawings.reading.shapes import Curve, sampled
from evenhand.testing.drawings import CLASSES, moved_copy, part_bytes
from evenhand.testing.hostile_drawings import hostile

Drawing = list[tuple[str, Any]]
Motion = Callable[[np.ndarray], np.ndarray]
TURN = np.linspace(0, 2 * np.pi, 33)


def drawing(rng: np.random.Generator, n: int) -> Drawing:
    """Return (kind, parameters) of n primitives, in general position."""
    out: Drawing = []
    for _ in range(n):
        kind, place = str(rng.choice(["line", "circle", "arc", "polyline", "text"])), rng.uniform(0, 100, 2)
        if kind == "line":
            out.append((kind, place + rng.uniform(-20, 20, (2, 2))))
        elif kind == "circle":
            out.append((kind, (place, rng.uniform(1, 20))))
        elif kind == "text":
            out.append((kind, (place, rng.uniform(2, 5))))
        else:
            t = rng.uniform(0, 6) + np.linspace(0, rng.uniform(0.5, 3), 9)
            bent = 1.0 if kind == "arc" else rng.uniform(0.6, 1.4, 9)
            out.append((kind, place + rng.uniform(5, 20) * (bent * np.array([np.cos(t), np.sin(t)])).T))
    return out


def motion(rng: np.random.Generator) -> tuple[Motion, float]:
    """Return a function that moves points, and its scale."""
    size, angle, shift = float(10 ** rng.uniform(-2, 2)), rng.uniform(0, 2 * np.pi), rng.uniform(-1e3, 1e3, 2)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turn = size * (turn * [-1, 1] if rng.random() < 0.5 else turn)
    return (lambda points: points @ turn + shift), size


def curves(of: Drawing, move: Motion = lambda points: points, size: float = 1.0, noise: float = 0.0) -> list[Curve]:
    """Return primitives as they are read: circles begin at angle 0, and texts run to the right, after any motion.

    Coordinates are off by up to `noise` units of the drawing before it was moved.
    """
    out, rng = [], np.random.default_rng(9)
    for kind, how in of:
        if kind in ("circle", "text"):
            centre, radius = move(how[0][None]), size * how[1]
            centre = centre + noise * size * rng.uniform(-1, 1, 2)
            t = TURN if kind == "circle" else np.zeros(1)
            points = centre + radius * np.column_stack([np.cos(t), np.sin(t)])
            points = points if kind == "circle" else np.vstack([centre, points])
        else:
            points = move(how)
            points = points + noise * size * rng.uniform(-1, 1, points.shape)
        out.append(Curve(kind, np.column_stack([points, np.zeros(len(points))]), kind == "circle"))
    return out


def entry(*drawn: list[Curve], words: list[int] | None = None) -> Any:
    """Return what a store holds of drawings."""
    out: dict[str, list[np.ndarray]] = {"strokes": [], "nodes": [], "box": [], "words": []}
    for at, each in enumerate(drawn):
        scaled, box = unit_box(primitives(sampled(each)))
        out["strokes"].append(scaled.strokes.astype(np.float32))
        out["nodes"].append(node_features(scaled))
        out["box"].append(np.array([*box.centre, box.extent, 0.0]))
        out["words"].append(np.array([words[at] if words else 0]))
    return out


def sets(found: list[np.ndarray]) -> list[list[int]]:
    return sorted(each.tolist() for each in found)


def moved(*drawn: list[Curve]) -> list[list[int]]:
    return sets(moved_copies(entry(*drawn), np.arange(len(drawn))))


def exact(*drawn: list[Curve], words: list[int] | None = None) -> list[list[int]]:
    return sets(exact_copies(entry(*drawn, words=words), np.arange(len(drawn))))


def test_two_hundred_motions_are_found_and_no_pair_of_different_drawings_is() -> None:
    rng, rows = np.random.default_rng(4), []
    for _ in range(200):
        one = drawing(rng, int(rng.integers(2, 25)))
        other = [one[i] for i in rng.permutation(len(one))]
        extent = np.ptp(np.concatenate([curve.points for curve in curves(one)]), axis=0).max()
        rows += [curves(one), curves(other, *motion(rng), noise=1e-5 * extent)]
    found = moved(*rows)
    assert sum(each[0] % 2 == 0 and each == [each[0], each[0] + 1] for each in found) >= 198
    assert all(each == [each[0], each[0] + 1] for each in found), "79,600 pairs of different drawings"


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 12))
def test_a_drawing_with_one_line_changed_is_another(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    one = drawing(rng, n + 1)
    other = [("line", rng.uniform(0, 100, (2, 2))), *one[1:]]
    assert moved(curves(one), curves(other, *motion(rng)), curves(one, *motion(rng))) == [[0, 2]]


def test_symmetric_drawings_are_found_at_every_angle() -> None:
    rng = np.random.default_rng(1)
    holes: Drawing = [
        ("circle", (30 * np.array([np.cos(a), np.sin(a)]), 3.0)) for a in np.arange(40) / 40 * 2 * np.pi
    ]
    rings: Drawing = [("circle", (np.zeros(2), r)) for r in (40.0, 20.0)]
    square: Drawing = [("line", np.array([p, q])) for p, q in pairwise(CORNERS)]
    for one in (holes, rings, [*holes, *rings], square, [*square, *rings]):
        assert moved(curves(one), curves(one, *motion(rng)), curves(one[:-1], *motion(rng))) == [[0, 1]]


CORNERS = [(-5.0, -5.0), (5.0, -5.0), (5.0, 5.0), (-5.0, 5.0), (-5.0, -5.0)]


def test_order_repetition_and_direction_do_not_matter() -> None:
    one = drawing(np.random.default_rng(3), 8)
    back: Drawing = [(kind, how[::-1] if kind in ("line", "arc", "polyline") else how) for kind, how in one]
    assert moved(curves(one), curves([*back[::-1], one[0], one[0]], *motion(np.random.default_rng(0)))) == [[0, 1]]
    assert exact(curves(one), curves([*back[::-1], one[0], one[3]])) == [[0, 1]]


@pytest.mark.parametrize(
    "lone", [("line", np.array([[0.0, 0], [5, 3]])), ("circle", (np.zeros(2), 3.0)), ("text", (np.ones(2), 2.0))]
)
def test_a_lone_line_is_not_every_other_line(lone: tuple[str, Any]) -> None:
    assert moved(curves([lone]), curves([lone], *motion(np.random.default_rng(0)))) == []


def test_something_far_away_does_not_make_all_drawings_one() -> None:
    rng = np.random.default_rng(5)
    far: tuple[str, Any] = ("line", np.array([[1e6, 1e6], [1e6 + 1, 1e6]]))
    one, other = drawing(rng, 12), drawing(rng, 12)
    assert moved(curves([*one, far]), curves([*other, far]), curves(one, *motion(rng))) == [[0, 2]]


@pytest.mark.parametrize("ratio", [2.0, 3.0, 4.0, 4.9, 5.1, 6.0, 7.5, 12.0, 1e3, 1e6])
@pytest.mark.parametrize("kind", ["line", "circle", "long line"])
def test_turned_copies_with_something_far_away_are_found(ratio: float, kind: str) -> None:
    # the box of one orientation leaves it out, that of another does not
    rng = np.random.default_rng(int(ratio * 10))
    one = drawing(rng, 24)
    size = np.ptp(np.concatenate([curve.points for curve in curves(one)]), axis=0).max()
    away = 50 + ratio * size * np.array([np.cos(0.4), np.sin(0.4)])
    stray: dict[str, Any] = {
        "line": np.array([away, away + 3]),
        "circle": (away, 4.0),
        "long line": np.array([one_end(one), away]),
    }
    whole: Drawing = [*one, (kind.split()[-1], stray[kind])]
    turned = [curves(whole, *motion(rng)) for _ in range(12)]
    assert moved(curves(whole), *turned, curves(drawing(rng, 25)))[:1] == [list(range(13))]


def one_end(of: Drawing) -> np.ndarray:
    return next(how[0] for kind, how in of if kind == "line")


def test_a_frame_or_a_contour_is_not_a_stray() -> None:
    rng = np.random.default_rng(2)
    table: Drawing = [("line", np.array([[x, 0.0], [x, 60.0]])) for x in range(0, 60, 2)]
    contours = [
        ("polyline", np.array([[-90.0, 50], [-90, 220], [-20 * k, 220 + 9 * k], [10, 50 + k], [-90, 50]]))
        for k in range(1, 4)
    ]
    far: tuple[str, Any] = ("line", np.array([[2e6, 1e6], [2e6 + 1, 1e6]]))
    rows = [curves([*table, one, *extra], *motion(rng)) for one in contours for extra in ([], [far])]
    assert moved(*rows) == [[0, 1], [2, 3], [4, 5]]


def test_exact_copies_lie_at_the_same_place() -> None:
    rng = np.random.default_rng(6)
    one = drawing(rng, 10)
    near = curves(one, lambda points: points + 4e-6)
    assert exact(curves(one), near, curves(one, lambda points: points + 1e-2), curves(one[1:])) == [[0, 1]]
    assert exact(curves(one), curves(one), curves(one), words=[1, 2, 1]) == [[0, 2]]
    mirrored = curves(one, lambda points: points * [-1, 1] + [100, 0])
    assert exact(curves(one), mirrored) == []


def test_drawings_at_absurd_places_are_copies_only_of_those_that_lie_there() -> None:
    one = drawing(np.random.default_rng(7), 5)
    found = entry(*[curves(one)] * 4)
    found["box"] = [np.array([far, 0.0, far, 0.0]) for far in (1e99, 1e99, 1e80, 1e15)]
    assert sets(exact_copies(found, np.arange(4))) == [[0, 1]]


@given(st.lists(st.integers(0, 6), min_size=2, max_size=30), st.randoms(use_true_random=False))
def test_verified_sets_are_the_classes_of_the_comparison(kinds: list[int], random: Any) -> None:
    measures = np.array([[k // 2 + random.uniform(-0.01, 0.01), 3.0] for k in kinds])
    found = verified(measures, 0.1, lambda i, j: kinds[i] == kinds[j])
    want = {k: [i for i, each in enumerate(kinds) if each == k] for k in kinds}
    assert sets(found) == sorted(each for each in want.values() if len(each) > 1)


def test_a_thousand_copies_take_a_comparison_each() -> None:
    asked = []
    (found,) = verified(np.zeros((1000, 3)), 0.1, lambda i, j: not asked.append((i, j)))
    assert len(found) == 1000
    assert len(asked) == 999


def plate(rng: np.random.Generator, spread: float) -> Drawing:
    """Return a plate with holes whose measures vary by up to `spread`, in the frame of a sheet."""
    sheet = np.array([(0, 0), (420, 0), (420, 297), (0, 297), (0, 0)], dtype=float)
    w, h, r, a = np.array([60, 40, 5, 10]) * (1 + spread * rng.random(4))
    corners = 100 + np.array([(0, 0), (w, 0), (w, h), (0, h), (0, 0)])
    lines: Drawing = [("line", np.array(pair)) for path in (sheet, corners) for pair in pairwise(path)]
    return [
        *lines,
        *(("circle", (100 + np.array([x * w, h / 2]), size)) for x, size in ((0.2, r), (0.5, a), (0.8, r))),
    ]


@pytest.mark.parametrize("spread", [0.05, 0.3])
def test_parametric_drawings_are_hardly_compared(spread: float, monkeypatch: pytest.MonkeyPatch) -> None:
    # They share their frame and so their box, and their measures differ little.
    asked: list[str] = []
    for name in ("same_shape", "same_strokes"):
        real = getattr(find, name)
        monkeypatch.setattr(find, name, lambda *args, real=real, name=name: asked.append(name) or real(*args))
    rng = np.random.default_rng(0)
    drawn = [plate(rng, spread) for _ in range(150)]
    drawn += drawn[:10]
    found = entry(*map(curves, drawn))
    pairs = [[i, 150 + i] for i in range(10)]
    assert sets(exact_copies(found, np.arange(160))) == pairs
    assert [each for each in sets(moved_copies(found, np.arange(160))) if each[-1] >= 150] == pairs
    assert len(asked) < 60, "of 2 × 12,720 pairs"


def read(raw: bytes) -> dict[str, Any]:
    return encode(raw, DrawingsConfig().plain())


def entry_of(rows: list[dict[str, Any]]) -> Any:
    return {name: [row[name] for row in rows] for name in ("strokes", "nodes", "box", "words")}


@pytest.mark.parametrize(
    "name",
    # not "dimensions": ezdxf mirrors the block of a dimension twice
    ["mirrored inserts", "nested blocks", "object coordinates", "splines", "hatch edges", "far away"],
)
def test_moved_files_of_every_entity_are_found(name: str) -> None:
    rng = np.random.default_rng(8)
    raw = hostile(name).raw
    rows = [read(raw), read(moved_copy(raw, rng)), read(moved_copy(raw, rng)), read(part_bytes("flange"))]
    assert sets(moved_copies(entry_of(rows), np.arange(4))) == [[0, 1, 2]]


@pytest.mark.slow
def test_moved_parts_are_found_and_different_parts_are_not_joined() -> None:
    rng, rows = np.random.default_rng(1), []
    for seed in range(56):
        raw = part_bytes(CLASSES[seed % len(CLASSES)], seed=1000 + seed)
        rows += [read(raw), read(moved_copy(raw, rng))]
    assert sets(moved_copies(entry_of(rows), np.arange(112))) == [[2 * i, 2 * i + 1] for i in range(56)]
    assert sets(exact_copies(entry_of(rows), np.arange(112))) == []


@pytest.mark.data
@pytest.mark.slow
def test_the_duplicates_of_the_library_are_named(shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    folder = shared_data("librecad")
    manifest = pd.read_csv(folder / "manifest.csv", dtype=str)
    found = evenhand.check({
        "data": {"kind": "drawings", "root": str(folder / "library.zip"), "table": str(folder / "manifest.csv")},
        "model": [{"name": "m", "encoder": "edge_sage", "tune": "all"}],
        "compute": {"store": str(tmp_path / "store")},
    })  # fmt: skip
    path = found.samples.frame["path"].str.removeprefix("library/")
    group = manifest.set_index("path").loc[path, "group"].to_numpy()
    ids = pd.Series(found.samples.ids)
    copies, two_labels, families = (
        next(f for f in found.findings if (f.code, f.severity) == what)
        for what in (("EH103", "note"), ("EH104", "error"), ("EH114", "note"))
    )
    repeated = ids.groupby(group).filter(lambda each: len(each) > 1)
    assert copies.evidence["sets"] == 18
    assert set(copies.ids) == set(repeated)
    conflict = manifest.set_index("path").loc[path, "label_conflict"].eq("1").to_numpy()
    assert two_labels.evidence["sets"] == 3
    assert set(two_labels.ids) == set(ids[conflict])
    assert families.evidence["families"] == 39
    fold = pd.Series(found.folds.of(found.samples.ids), index=ids)
    assert fold.groupby(group).nunique().max() == 1
