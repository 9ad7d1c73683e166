"""The locked test: rows set aside before folds are made, by a column, by name or by sampling whole groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import FoldsError, did_you_mean
from evenhand.base.text.cells import object_array, plain_texts
from evenhand.base.values import Floats, Ints, Mask, Samples
from evenhand.data.roots.file_names import some
from evenhand.data.splits.assignment.assign_groups import canonical_order
from evenhand.data.splits.group_sampling import Masks, sample_groups

_SHOWN = 8
LEAST_TESTS = 20
"""Number of possible tests below which a sampled test is hardly random."""


def rows_with(samples: Samples, column: str, value: str) -> Mask:
    """Return (n,) bool, whether a row has `value` in `column`.

    Raises
    ------
    FoldsError
        If the column does not exist, or no row or every row has the value.
    """
    if column not in samples.frame:
        columns = [str(name) for name in samples.frame.columns]
        raise FoldsError(
            f'folds.test: there is no column "{column}"; there are: {", ".join(columns)}.'
            f"{did_you_mean(column, columns)}"
        )
    words = _words(samples.frame[column])
    locked = (words == value).to_numpy(dtype=bool)
    if not locked.any():
        found = sorted(words.dropna().unique())
        raise FoldsError(
            f'folds.test: no row has "{value}" in the column "{column}"; found there: {some(found, most=_SHOWN)}.'
            f"{did_you_mean(value, found[:1000])}"
        )
    if locked.all():
        raise FoldsError(
            f'folds.test: every row has "{value}" in the column "{column}"; none is left for training.'
        )
    return np.asarray(locked)


def rows_of_groups(samples: Samples, group: Ints, names: list[str]) -> Mask:
    """Return (n,) bool, whether a row is in one of the named groups or in one joined with it.

    Parameters
    ----------
    group
        (n,) number of each row's group after joining.

    Raises
    ------
    FoldsError
        If a name is not that of a group, or no row is left.
    """
    of_row = samples.groups
    known = set(of_row)
    missing = [name for name in names if name not in known]
    if missing:
        what = "groups" if samples.grouped else "ids (the samples have no groups)"
        raise FoldsError(
            f"folds.test: {len(missing)} of {len(names)} names are not {what} of the samples: "
            f"{some(missing, most=_SHOWN)}.{did_you_mean(missing[0], sorted(known)[:1000])}"
        )
    locked = np.isin(group, np.unique(group[np.isin(of_row, object_array(names))]))
    if locked.all():
        raise FoldsError("folds.test: the named groups hold every row; none is left for training.")
    return np.asarray(locked)


def sample_tests(
    counts: Floats, rows: Floats, fraction: float, k: int, rng: np.random.Generator, count: int
) -> Masks:
    """Return (count, g) bool, the groups of independently sampled tests: about `fraction` of every class each.

    Large groups are sampled as often as small ones: a test of small groups only would be a different population
    from the folds. Only groups that would dominate a class in the test, or all of it, are excluded, as long as they
    hold a small part of all rows (`group_sampling.too_large`).

    Two groups of every class (if it has them) stay outside, so that each of k folds can train on it, and k groups
    in any case.

    Parameters
    ----------
    counts
        (g, k) rows of each class in each group.
    rows
        (g,) rows of each group, positive.

    Raises
    ------
    FoldsError
        If there are not more groups than folds.
    """
    if len(rows) <= k:
        raise FoldsError(
            f"folds.test: {len(rows)} groups are too few for a test and {k} folds, each of which needs a group of "
            f"its own. Set folds.k to at most {len(rows) - 1}, or remove folds.test."
        )
    counts = canonical_order(counts)
    tests = sample_groups(counts, rows, fraction, rng, count=count)
    held = counts > 0
    # Two, since with one group outside the fold that holds it would train without the class.
    wanted = np.minimum(held.sum(axis=0), 2)
    # as floats, since NumPy multiplies matrices of integers without a BLAS
    left = (~tests).astype(np.float64) @ held.astype(np.float64)
    for at in np.flatnonzero((left < wanted).any(axis=1) | ((~tests).sum(axis=1) < k)):
        tests[at] = _release_groups(held, wanted, tests[at], k, rng)
    return tests


def different_tests(masks: Masks) -> int:
    """Return the number of distinct tests among (count, g) masks."""
    # As bits: what is sorted is an eighth as long.
    return len(np.unique(np.packbits(masks, axis=1), axis=0))


def _release_groups(held: Mask, wanted: Ints, locked: Mask, k: int, rng: np.random.Generator) -> Mask:
    """Return `locked` without the groups that training needs; one group stays locked.

    Of groups that help equally, a random one is released: with few groups, a fixed choice would select the same
    test every time.
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
    """Return values as a table would show them: 1, not 1.0."""
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    return plain_texts(column)
