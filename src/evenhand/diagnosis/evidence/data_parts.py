"""Parts of the data: folds, the locked test, or a predefined split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenhand.base.values import TEST, Folds, Samples, Strings

LOCKED, REST = "the locked test", "the rows trained on"
LEAST_ROWS, LEAST_GROUPS = 20, 5
"""A part with fewer rows or groups is not compared with others."""


@dataclass(frozen=True, eq=False)
class ComparedParts:
    """Parts whose images are compared.

    Attributes
    ----------
    part
        (n,) the name of each row's part ("" where it has none).
    whole
        The reference part.
    others
        The other parts that are large enough, largest first.
    """

    part: Strings
    whole: str
    others: tuple[str, ...]


def described_columns(samples: Samples) -> list[str]:
    """Return the columns of a table beyond those that every kind of data may have."""
    own = {"id", "path", "content", "group", "split"}
    return [c for c in samples.frame.columns if c not in own and not str(c).startswith(("eh:", "table:"))]


def given_splits(samples: Samples) -> Strings | None:
    """Return (n,) the predefined split of each row ("" where it has none), or None."""
    if "split" not in samples.frame:
        return None
    column = samples.frame["split"]
    return np.where(column.isna(), "", column.astype(str)).astype(object)


def sides(samples: Samples, folds: Folds | None) -> Strings | None:
    """Return (n,) parts that must not share images or groups: folds and test, else the predefined split."""
    if folds is None:
        return given_splits(samples)
    return np.array(["test" if f == TEST else f"fold {f}" for f in folds.of(samples.ids)], dtype=object)


def compared(samples: Samples, folds: Folds | None, *, most: int = 2) -> ComparedParts | None:
    """Return which parts to compare: the locked test with the rest, else the predefined splits with the largest.

    None where fewer than two parts have enough rows and groups.
    """
    part = given_splits(samples)
    if folds is not None and (folds.fold == TEST).any():
        # The test that the figures will be about takes the place of a split that only came with the data.
        part = np.where(folds.of(samples.ids) == TEST, LOCKED, REST).astype(object)
    if part is None:
        return None
    groups = samples.groups
    sizes = {str(name): int((part == name).sum()) for name in set(part) - {""}}
    large = [
        name
        for name in sorted(sizes, key=lambda name: (-sizes[name], name))
        if sizes[name] >= LEAST_ROWS and len(set(groups[part == name])) >= LEAST_GROUPS
    ]
    if len(large) < 2:
        return None
    whole = REST if REST in large else large[0]
    return ComparedParts(part, whole, tuple(name for name in large if name != whole)[:most])
