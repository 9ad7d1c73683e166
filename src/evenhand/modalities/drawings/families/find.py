"""Sets of drawings of one content, found among many: candidates by their fingerprints, then compared exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from evenhand.base.values import Ints
from evenhand.data.splits.group_joins import joined
from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.drawings.families.matching import TOLERANCE, same_shape, same_strokes
from evenhand.modalities.drawings.families.shapes import (
    Floats,
    Shape,
    distinct,
    fingerprint,
    ordered,
    shape_of,
    sizes,
)
from evenhand.modalities.drawings.families.strays import lies_far, without_strays
from evenhand.modalities.drawings.vocabulary import NODE_TYPES

Drawing = tuple[Floats, npt.NDArray[np.int64]]
"""The strokes and types of a stored drawing."""
COORDINATES = 1e-5
"""Of the coordinates of exact copies, in units of the drawing; twice that, as both may be rounded."""
ALIKE = 2e-3
"""Of fingerprints of drawings that may be the same."""
ROUNDED = 1.01
"""Of tolerances, so that rounding excludes no pair."""
BLOCK = 256
"""Rows that are looked up together among the sets found so far."""


def moved_copies(entry: StoreEntry, rows: Ints) -> list[Ints]:
    """Return sets of positions among `rows` whose drawings are equal after moving, scaling, turning and mirroring.

    Lines are compared as points along them, in steps of a 16th of their length, to 3e-4 of the size of the
    drawing. The order of entities, how often each occurs, layers, colours and words do not matter, nor does what
    lies far away from everything else.
    """
    read = [_drawing(entry, int(row)) for row in rows]
    shapes = [shape_of(strokes, kinds) for strokes, kinds in read]
    known = [at for at, shape in enumerate(shapes) if shape is not None]
    held = [shape for shape in shapes if shape is not None]
    found = verified(_measured(held), 1.0, lambda i, j: same_shape(held[i], held[j]))
    sets: list[Ints] = [np.array([known[i] for i in each], dtype=np.int64) for each in found]
    far = [at for at, (strokes, _) in enumerate(read) if lies_far(strokes).any()]
    return _joined_by_core(sets, read, shapes, far) if far else sets


def _joined_by_core(
    sets: Sequence[Ints], read: Sequence[Drawing], shapes: Sequence[Shape | None], far: Sequence[int]
) -> list[Ints]:
    """Return the sets, joined where drawings without their strays are those of which reading left strays out.

    The box of a drawing in one orientation leaves a stray out, in another it does not.
    """
    whole = [(at, shape) for at in far if (shape := shapes[at]) is not None]
    cores = []
    for at in sorted({*range(len(read))} - {*far}):
        strokes, kinds = without_strays(*read[at])
        if len(strokes) < len(read[at][0]) and (core := shape_of(strokes, kinds)) is not None:
            cores.append((at, core))
    if not cores or not whole:
        return list(sets)
    rows, held = zip(*whole, *cores, strict=True)
    alike = verified(_measured(held), 1.0, lambda i, j: same_shape(held[i], held[j]))
    pairs = [(a[0], b) for a in sets for b in a[1:]] + [
        (rows[each[0]], rows[i]) for each in alike for i in each[1:]
    ]
    return _sorted(joined(np.array(pairs, dtype=np.int64).reshape(-1, 2), len(read)))


def exact_copies(entry: StoreEntry, rows: Ints) -> list[Ints]:
    """Return sets of positions among `rows` whose drawings have the same lines at the same coordinates, to 1e-5.

    What is written in them is the same too. The order of entities, how often each occurs, layers and colours do not
    matter.
    """
    if len(rows) < 2:
        return []
    boxes = np.array([entry["box"][int(row)] for row in rows], dtype=np.float64)[:, :3]
    words = np.unique([int(entry["words"][int(row)][0]) for row in rows], return_inverse=True)[1]
    outside = np.column_stack([boxes / (4 * COORDINATES), 10.0 * words])
    # Only drawings with another one in the same box are read.
    apart = np.asarray(cKDTree(outside).query(outside, k=2, p=np.inf)[0])[:, 1]
    held = np.flatnonzero(apart <= 1)
    read = {at: _drawing(entry, int(rows[at])) for at in held.tolist()}

    tolerance = _tolerances(boxes[:, 2])

    def same(i: int, j: int) -> bool:
        (a, a_kinds), (b, b_kinds) = read[int(held[i])], read[int(held[j])]
        points, others = a @ np.array([1, 1j]), b @ np.array([1, 1j])
        lengths, its = (np.abs(np.diff(each, axis=1)).sum(axis=1) for each in (points, others))
        its_tolerance = float(_in_box(boxes[held[i], 2]))
        return set(a_kinds) == set(b_kinds) and same_strokes(points, lengths, others, its, its_tolerance)

    measures = [_placed(strokes, tolerance[at]) for at, (strokes, _) in read.items()]
    if not measures:
        return []
    found = verified(np.concatenate([outside[held], measures], axis=1), 1.0, same)
    return [held[each] for each in found]


def _in_box(extents: Any) -> Any:
    """Return the tolerance of points in the unit boxes of (n,) extents.

    Strokes are stored as float32 in the unit box, which adds 1e-7 of it.
    """
    return np.minimum(2 * COORDINATES / extents, 1e-4) + 2e-6


def _tolerances(extents: Floats) -> Floats:
    """Return (n,) `_in_box`, one for all extents that differ by little: it scales the measures of copies alike."""
    order = np.argsort(extents)
    part = np.cumsum(np.diff(extents[order], prepend=extents[order[:1]]) > 4 * COORDINATES)
    out = np.empty(len(extents))
    # the smallest extent of each part has the largest tolerance
    out[order] = _in_box(extents[order][np.searchsorted(part, part)])
    return out


def verified(measures: Floats, tolerance: float, same: Callable[[int, int], bool]) -> list[Ints]:
    """Return disjoint sets of positions, two or more each, whose rows are the same.

    Parameters
    ----------
    measures
        (n, d); rows that are the same differ by at most `tolerance` in each.
    same
        The comparison. Each row is compared with one of each set found so far that is near it, so that a thousand
        copies cost a thousand comparisons, and a thousand different rows none.
    """
    sets: list[list[int]] = []
    for start in range(0, len(measures), BLOCK):
        stop, before = min(start + BLOCK, len(measures)), len(sets)
        near: list[list[int]] = [[] for _ in range(start, stop)]
        if before:
            tree = cKDTree(measures[[each[0] for each in sets]])
            found: Any = tree.query_ball_point(measures[start:stop], tolerance, p=np.inf)
            near = [sorted(of) for of in found]
        for at, candidates in zip(range(start, stop), near, strict=True):
            new = [each[0] for each in sets[before:]]
            close = np.abs(measures[new] - measures[at]).max(axis=1) <= tolerance
            candidates += (before + np.flatnonzero(close)).tolist()
            home = next((sets[each] for each in candidates if same(sets[each][0], at)), None)
            if home is None:
                sets.append([at])
            else:
                home.append(at)
    return _sorted([np.array(each, dtype=np.int64) for each in sets if len(each) > 1])


def _sorted(sets: list[Ints]) -> list[Ints]:
    return sorted(sets, key=lambda each: (-len(each), int(each[0])))


def _measured(shapes: Sequence[Shape]) -> Floats:
    """Return (n, d) measures of shapes, of which the same ones differ by at most 1 in each."""
    found = [
        np.concatenate([
            fingerprint(shape) / ALIKE,
            [10.0 * len(shape)],
            ordered(np.where(shape.round, shape.radii, sizes(shape.strokes))) / (ROUNDED * TOLERANCE),
            ordered(np.abs(shape.centres)) / (ROUNDED * TOLERANCE),
        ])
        for shape in shapes
    ]  # fmt: skip
    return np.array(found) if found else np.zeros((0, 1))


def _placed(strokes: Floats, tolerance: float) -> Floats:
    """Return (d,) measures of a drawing where it lies, of which copies differ by at most 1 in each.

    `tolerance` is that of points in the unit box.
    """
    points = strokes @ np.array([1, 1j])
    lengths = np.abs(np.diff(points, axis=1)).sum(axis=1)
    kept = distinct(points, lengths)
    points, tolerance = points[kept], ROUNDED * tolerance
    middle = points.mean(axis=1)
    parts = (sizes(points), middle.real, middle.imag)
    return np.concatenate([[10.0 * len(kept)], *(ordered(part) / tolerance for part in parts)])


def _drawing(entry: StoreEntry, row: int) -> Drawing:
    """Return the strokes and types of a stored drawing."""
    strokes = np.asarray(entry["strokes"][row], dtype=np.float64)
    kinds = np.asarray(entry["nodes"][row])[:, : len(NODE_TYPES)].argmax(axis=1)
    return strokes, kinds.astype(np.int64)
