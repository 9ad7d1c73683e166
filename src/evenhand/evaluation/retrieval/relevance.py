"""What is relevant to a query: rows that share a label with it, all labels, enough of them, or one of a block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import EvenhandError, unknown
from evenhand.base.values import TRUTH_THRESHOLD, Floats

Relevant = npt.NDArray[np.int8]

RULES = ("any", "all", "jaccard", "jaccard:SHARE", "block:CLASS")
JACCARD = 0.5
"""The share of labels in common from which on `jaccard` takes a row for relevant, if none is named."""


@dataclass(frozen=True)
class Relevance:
    """When a row is relevant to a query.

    Attributes
    ----------
    name
        As it was asked for.
    rule
        "any": a label in common; "all": the same labels, one or more; "jaccard": at least `least`
        of the labels of either in common.
    columns
        Positions of the classes that count.
    least
        Share of labels in common.
    words
        In words, for a person.
    """

    name: str
    rule: str
    columns: tuple[int, ...]
    least: float = JACCARD
    words: str = ""

    @classmethod
    def named(
        cls,
        name: str,
        classes: Sequence[str],
        blocks: Sequence[Sequence[str]] = (),
        *,
        several: bool = True,
        read_off: bool = False,
    ) -> Relevance:
        """Return the relevance called `name`: one of `RULES`.

        Parameters
        ----------
        classes
            The k class names.
        blocks
            Sets of classes that exclude one another.
        several
            Whether rows may have several labels; of one label each, all rules are the same class.
        read_off
            Whether the blocks were read off the labels (`data.exclusive = "auto"`), for the message of an error.

        Raises
        ------
        EvenhandError
            If there is no such rule, share or block.
        """
        rule, _, value = name.partition(":")
        every = tuple(range(len(classes)))
        if rule == "block" and value:
            names = _block_of(value, classes, blocks, several=several, read_off=read_off)
            place = {one: at for at, one in enumerate(classes)}
            return cls(
                name, "any", tuple(place[one] for one in names), words=f"a label of {', '.join(names)} in common"
            )
        if name in ("any", "all"):
            shared = "a label in common" if name == "any" else "the same labels"
            return cls(name, name, every, words=shared if several else "the same class")
        if rule == "jaccard":
            least = _share(name, value)
            return cls(name, rule, every, least, f"at least {least:g} of the labels of either in common")
        raise EvenhandError(unknown("relevance", name, RULES))

    def between(self, queries: Floats, rows: Floats) -> Relevant:
        """Return (q, n) int8: 1 relevant, 0 not, -1 where unknown labels leave it open.

        Whether a label is shared may be known though some labels are not: a row that shares one is relevant
        whatever the others are. Shares are taken over the labels that are known of both. A row without labels has
        nothing in common with another, and is relevant to none under any rule.

        Parameters
        ----------
        queries, rows
            (q, k) and (n, k) labels in 0..1, NaN where unknown.
        """
        return self.decided(self.masks(queries), self.masks(rows))

    def masks(self, labels: Floats) -> LabelMasks:
        """Return the labels (n, k) that count as masks, to be made once for rows that many queries search."""
        return LabelMasks.of(labels[:, list(self.columns)])

    def decided(self, one: LabelMasks, other: LabelMasks) -> Relevant:
        """Return what `between` does, of the `masks` of q queries and n rows."""
        shared = one.held @ other.held.T
        if self.rule in ("any", "all"):
            apart = (one.held + one.unknown) @ (other.held + other.unknown).T == 0
            if self.rule == "any":
                return _decided(shared > 0, apart)
            differ = one.held @ other.absent.T + one.absent @ other.held.T > 0
            whole = (one.unknown.sum(axis=1) == 0)[:, None] & (other.unknown.sum(axis=1) == 0)[None, :]
            return _decided(whole & ~differ & ~apart, differ | apart)
        either = one.held @ (other.held + other.absent).T + (one.held + one.absent) @ other.held.T - shared
        alike = (shared > 0) & (shared >= self.least * either - 1e-6)
        common = (one.held + one.absent) @ (other.held + other.absent).T > 0
        return _decided(alike, common & ~alike)


@dataclass(frozen=True, eq=False)
class LabelMasks:
    """Labels (n, c) as three float32 masks of ones and zeros, of which each cell is one in one of them."""

    held: Any
    absent: Any
    unknown: Any

    @classmethod
    def of(cls, labels: Floats) -> LabelMasks:
        """Return the masks of (n, c) labels in 0..1, NaN where unknown."""
        unknown, held = np.isnan(labels), np.nan_to_num(labels) >= TRUTH_THRESHOLD
        return cls(*(mask.astype(np.float32) for mask in (held, ~held & ~unknown, unknown)))

    def __getitem__(self, rows: slice) -> LabelMasks:
        """Return the masks of some of the rows."""
        return LabelMasks(self.held[rows], self.absent[rows], self.unknown[rows])


def _decided(yes: Any, no: Any) -> Relevant:
    return np.where(yes, 1, np.where(no, 0, -1)).astype(np.int8)


def _block_of(
    value: str, classes: Sequence[str], blocks: Sequence[Sequence[str]], *, several: bool, read_off: bool
) -> Sequence[str]:
    if value not in classes:
        raise EvenhandError(unknown("class", value, classes))
    for names in blocks:
        if value in names:
            return names
    if not several:
        fix = 'Rows have one class each, all of which exclude one another: take "any".'
    elif read_off:
        fix = 'The labels show none (data.exclusive = "auto"): name its block in data.exclusive, in a new run.'
    else:
        fix = 'Name its block in data.exclusive, or have blocks found by data.exclusive = "auto", in a new run.'
    raise EvenhandError(
        f"relevance block:{value}: {value} is in no block of classes that exclude one another. {fix}"
    )


def _share(name: str, value: str) -> float:
    try:
        least = float(value) if value else JACCARD
    except ValueError:
        least = np.nan
    if not 0 < least <= 1:
        raise EvenhandError(f"relevance {name}: {value} is no share of labels, such as 0.5.")
    return least
