"""Sets of drawings of one content, found among many: candidates by their fingerprints, then compared exactly."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from evenhand.base.values import Ints
from evenhand.data.splits.group_joins import joined
from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.drawings.families.matching import same_shape, same_strokes
from evenhand.modalities.drawings.families.shapes import Floats, Shape, fingerprint, shape_of
from evenhand.modalities.drawings.vocabulary import NODE_TYPES

COORDINATES = 1e-5
"""Of the coordinates of exact copies, in units of the drawing; twice that, as both may be rounded."""
NEAR = 4 * COORDINATES
"""Of the boxes of drawings whose lines are compared, in units of the drawing."""
_FARTHEST_CELL = 2.0**50
ALIKE = 2e-3
"""Of fingerprints that are compared exactly."""


def moved_copies(entry: StoreEntry, rows: Ints) -> list[Ints]:
    """Return sets of positions among `rows` whose drawings are equal after moving, scaling, turning and mirroring.

    Lines are compared as points along them, in steps of a 16th of their length, to 3e-4 of the size of the
    drawing. The order of entities, how often each occurs, layers, colours and words do not matter.
    """
    shapes: list[Shape | None] = []
    for row in rows:
        strokes, kinds = _drawing(entry, int(row))
        shapes.append(shape_of(strokes, kinds))
    known = [at for at, shape in enumerate(shapes) if shape is not None]
    held = [shape for shape in shapes if shape is not None]
    if len(held) < 2:
        return []
    prints = np.array([fingerprint(shape) for shape in held])
    sets = verified(prints, ALIKE, lambda i, j: same_shape(held[i], held[j]))
    return [np.array([known[i] for i in each], dtype=np.int64) for each in sets]


def exact_copies(entry: StoreEntry, rows: Ints) -> list[Ints]:
    """Return sets of positions among `rows` whose drawings have the same lines at the same coordinates, to 1e-5.

    What is written in them is the same too. The order of entities, how often each occurs, layers and colours do not
    matter.
    """
    if len(rows) < 2:
        return []
    boxes = np.array([entry["box"][int(row)] for row in rows], dtype=np.float64)[:, :3]
    words = [int(entry["words"][int(row)][0]) for row in rows]

    def same(i: int, j: int) -> bool:
        if words[i] != words[j] or not np.allclose(boxes[i], boxes[j], rtol=1e-9, atol=3 * NEAR):
            return False
        (a, a_kinds), (b, b_kinds) = (_drawing(entry, int(rows[at])) for at in (i, j))
        # Strokes are stored as float32 in the unit box, which adds 1e-7 of it.
        tolerance = min(2 * COORDINATES / boxes[i, 2], 1e-4) + 2e-6
        points, others = a @ np.array([1, 1j]), b @ np.array([1, 1j])
        lengths, its = (np.abs(np.diff(each, axis=1)).sum(axis=1) for each in (points, others))
        return set(a_kinds) == set(b_kinds) and same_strokes(points, lengths, others, its, tolerance)

    return verified(boxes, NEAR, same)


def verified(measures: Floats, tolerance: float, same: Callable[[int, int], bool]) -> list[Ints]:
    """Return disjoint sets of positions, two or more each, whose rows are the same.

    Parameters
    ----------
    measures
        (n, d); rows that are the same differ by at most `tolerance` in each.
    same
        The comparison. Each row is compared with one of each set found so far among its neighbours, so that a
        thousand copies cost a thousand comparisons.
    """
    out = []
    for near in joined(_neighbours(measures, tolerance), len(measures)):
        found: list[list[int]] = []
        for at in near.tolist():
            for each in found:
                if same(each[0], at):
                    each.append(at)
                    break
            else:
                found.append([at])
        out += [np.array(each, dtype=np.int64) for each in found if len(each) > 1]
    return sorted(out, key=lambda each: (-len(each), int(each[0])))


def _neighbours(measures: Floats, tolerance: float) -> Ints:
    """Return pairs that connect all rows whose measures differ by at most `tolerance`."""
    # Equal rows first: a thousand copies have half a million pairs, and one chain.
    # Coordinates go up to 1e100, cells to 2^50, where neighbours are still told apart as floats.
    rounded = np.round(measures / tolerance).clip(-_FARTHEST_CELL, _FARTHEST_CELL).astype(np.int64)
    cells, of = np.unique(rounded, axis=0, return_inverse=True)
    order = np.argsort(of, kind="stable")
    chain = [(int(i), int(j)) for i, j in pairwise(order) if of[i] == of[j]]
    first = order[np.searchsorted(of[order], np.arange(len(cells)))]
    # Rows of neighbouring cells differ by up to two of them.
    pairs = (
        cKDTree(cells).query_pairs(2.01, p=np.inf, output_type="ndarray")
        if len(cells) > 1
        else np.zeros((0, 2), int)
    )
    return np.concatenate([np.array(chain, dtype=np.int64).reshape(-1, 2), first[pairs]])


def _drawing(entry: StoreEntry, row: int) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the strokes and types of a stored drawing."""
    strokes = np.asarray(entry["strokes"][row], dtype=np.float64)
    kinds = np.asarray(entry["nodes"][row])[:, : len(NODE_TYPES)].argmax(axis=1)
    return strokes, kinds.astype(np.int64)
