"""Scans of one content in several files: copies, mirrored ones, and one that the other is the beginning of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from evenhand.base.values import Floats, Ints
from evenhand.data.splits.group_joins import joined
from evenhand.data.store.entry import StoreEntry

FIRST = 8
"""Lines, of those that are not constant, by which scans are looked up; shorter scans are not compared."""
COARSE = 8
"""Values to which each of them is averaged."""
TOLERANCE = 4e-3
"""Mean square difference, in deviations of a line, of scans that are the same: 8 bits leave up to 1e-3."""
REACH = 6.0
"""Factor on the distance expected of fingerprints of the same scans; all candidates are compared in full."""

TURNS: dict[str, Callable[[Floats], Floats]] = {
    "as it is": lambda lines: lines,
    "left and right": lambda lines: lines[:, ::-1],
    "up and down": lambda lines: lines[::-1],
    "both": lambda lines: lines[::-1, ::-1],
}


def copied_scans(entry: StoreEntry, rows: Ints) -> list[Ints]:
    """Return sets of positions among `rows` whose lines are the same, in any format, brightness and contrast."""
    return _sets(entry, rows, ("as it is",), prefixes=False)


def derived_scans(entry: StoreEntry, rows: Ints) -> list[Ints]:
    """Return sets of positions among `rows` that are the same, mirrored, or the beginning of one another.

    A scan that is saved while it grows, and again when it is done, is the second's beginning.
    """
    return _sets(entry, rows, tuple(TURNS), prefixes=True)


def _sets(entry: StoreEntry, rows: Ints, turns: tuple[str, ...], *, prefixes: bool) -> list[Ints]:
    stored = entry["lines"]
    kept, prints = [], []
    for at, row in enumerate(rows):
        found = _fingerprint(_lines(stored, row))
        if found is not None:
            kept.append(at)
            prints.append(found)
    if len(kept) < 2:
        return []
    tree = cKDTree(np.array(prints))
    reach = REACH * (TOLERANCE * FIRST) ** 0.5
    pairs: list[tuple[int, int]] = []
    home = list(range(len(rows)))

    def first_of(at: int) -> int:
        while home[at] != at:
            at = home[at]
        return at

    for turn in turns:
        # The end of a scan is not the beginning of another: turned upside down, all of it must agree.
        whole = not prefixes or turn in ("up and down", "both")
        for place, at in enumerate(kept):
            lines = TURNS[turn](_lines(stored, rows[at]))
            mine = prints[place] if turn == "as it is" else _fingerprint(lines)
            near: Any = [] if mine is None else tree.query_ball_point(mine, reach)
            for other in (kept[each] for each in near):
                # Of a thousand copies, each is compared with one of the set that it is in.
                if first_of(at) != first_of(other) and _same(lines, _lines(stored, rows[other]), whole=whole):
                    pairs.append((at, other))
                    home[first_of(max(at, other))] = first_of(min(at, other))
    return joined(pairs, len(rows))


def _lines(stored: Any, row: int) -> Floats:
    """Return (l, w) the first direction of a scan."""
    return np.asarray(stored[int(row)][:, 0], dtype=np.float64)


def _fingerprint(lines: Floats) -> Floats | None:
    """Return (FIRST * COARSE,) averages of the first lines that are not constant; None where there are too few."""
    alive = np.flatnonzero(lines.any(axis=1))[:FIRST]
    if len(alive) < FIRST or lines.shape[1] < COARSE:
        return None
    parts = np.array_split(lines[alive], COARSE, axis=1)
    return np.stack([part.mean(axis=1) for part in parts], axis=1).ravel()


def _same(one: Floats, other: Floats, *, whole: bool) -> bool:
    if whole and len(one) != len(other):
        return False
    n = min(len(one), len(other))
    alive = one[:n].any(axis=1) | other[:n].any(axis=1)  # lines of one value are alike in any two scans
    return bool(((one[:n][alive] - other[:n][alive]) ** 2).mean() <= TOLERANCE)
