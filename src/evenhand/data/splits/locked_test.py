"""The locked test: rows put away before folds are made, by a column, by name or drawn in whole groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import FoldsError, nearest
from evenhand.base.values import Floats, Ints, Mask, Samples
from evenhand.data.splits.assign_groups import in_own_order
from evenhand.data.splits.random_test import Masks, draw_groups

_SHOWN = 8
LEAST_TESTS = 20
"""Different tests below which a drawn test is hardly one of many."""


def rows_with(samples: Samples, column: str, value: str) -> Mask:
    """Return (n,), whether a row has `value` in `column`.

    Raises
    ------
    FoldsError
        If there is no such column, or no row or every row has the value.
    """
    if column not in samples.frame:
        columns = [str(name) for name in samples.frame.columns]
        raise FoldsError(
            f'folds.test: there is no column "{column}"; there are: {", ".join(columns)}.{_hint(column, columns)}'
        )
    words = _words(samples.frame[column])
    locked = (words == value).to_numpy(dtype=bool)
    if not locked.any():
        found = sorted(words.dropna().unique())
        raise FoldsError(
            f'folds.test: no row has "{value}" in the column "{column}"; found there: {_few(found)}.'
            f"{_hint(value, found)}"
        )
    if locked.all():
        raise FoldsError(
            f'folds.test: every row has "{value}" in the column "{column}"; none is left to learn from.'
        )
    return np.asarray(locked)


def rows_of_groups(samples: Samples, group: Ints, names: list[str]) -> Mask:
    """Return (n,), whether a row lies in one of the named groups or is joined with it by duplicates.

    Parameters
    ----------
    group
        (n,) number of the group after joining.

    Raises
    ------
    FoldsError
        If a name is not that of a group, or none is left.
    """
    of_row = samples.groups
    known = set(of_row)
    missing = [name for name in names if name not in known]
    if missing:
        what = "groups" if samples.grouped else "ids (the samples have no groups)"
        raise FoldsError(
            f"folds.test: {len(missing)} of {len(names)} names are not {what} of the samples: {_few(missing)}."
            f"{_hint(missing[0], sorted(known))}"
        )
    locked = np.isin(group, np.unique(group[np.isin(of_row, names)]))
    if locked.all():
        raise FoldsError("folds.test: the named groups hold every row; none is left to learn from.")
    return np.asarray(locked)


def draw(counts: Floats, rows: Floats, fraction: float, k: int, rng: np.random.Generator) -> Mask:
    """Return (g,), which groups are locked: about `fraction` of every class, in whole groups.

    See `draws`, of which this is one.
    """
    return np.asarray(draws(counts, rows, fraction, k, rng, 1)[0])


def draws(counts: Floats, rows: Floats, fraction: float, k: int, rng: np.random.Generator, count: int) -> Masks:
    """Return (count, g), which groups are locked in each of `count` independent drawings of a test.

    Large groups are drawn as often as small ones: a test of small groups only would be another population than
    the folds. Only groups that would dominate a class in the test, or all of it, are kept out, as far as they hold
    a small part of all rows (`split_draw.too_large`).

    Two groups of every class that has them stay outside, so that each of k folds can train on it; k groups
    stay outside in any case.

    Parameters
    ----------
    counts
        (g, k) rows of each class in each group.
    rows
        (g,) rows of each group, positive.

    Raises
    ------
    FoldsError
        If there are no more groups than folds.
    """
    if len(rows) <= k:
        raise FoldsError(
            f"folds.test: {len(rows)} groups cannot give a test and {k} folds; every fold and the test need "
            f"a group of their own. Set folds.k to at most {len(rows) - 1}, or leave folds.test out."
        )
    counts = in_own_order(counts)
    drawn = draw_groups(counts, rows, fraction, rng, draws=count)
    held = counts > 0
    wanted = np.minimum(held.sum(axis=0), 2)
    left = (~drawn).astype(np.float64) @ held.astype(np.float64)
    for at in np.flatnonzero((left < wanted).any(axis=1) | ((~drawn).sum(axis=1) < k)):
        drawn[at] = _give_back(held, wanted, drawn[at], k, rng)
    return drawn


def different_tests(masks: Masks) -> int:
    """Return how many different tests there are among drawings (count, g)."""
    return len(np.unique(np.packbits(masks, axis=1), axis=0))


def _give_back(held: Mask, wanted: Ints, locked: Mask, k: int, rng: np.random.Generator) -> Mask:
    """Return `locked` less the groups that training cannot do without; one group stays locked.

    Of groups that help as much one is given back by chance: with few groups a fixed choice would make the same
    groups the test every time.
    """
    locked = locked.copy()
    while locked.sum() > 1:
        short = held[~locked].sum(axis=0) < wanted
        helps = held[:, short].sum(axis=1)
        few = int((~locked).sum()) < k
        if not short.any() and not few:
            break
        candidates = np.flatnonzero(locked & ((helps > 0) | few))
        best = candidates[helps[candidates] == helps[candidates].max()]
        locked[best[rng.integers(len(best))]] = False
    return locked


def _words(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return values as they would be written in a table: 1, not 1.0."""
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    return column.map(str, na_action="ignore")


def _few(words: list[str]) -> str:
    more = f" and {len(words) - _SHOWN:,} more" if len(words) > _SHOWN else ""
    return ", ".join(f'"{word}"' for word in words[:_SHOWN]) + more


def _hint(word: str, known: list[str]) -> str:
    close = nearest(word, known[:1000])
    return f' Did you mean "{close}"?' if close else ""
