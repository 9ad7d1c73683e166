"""Decisions of several reviewers as one table: rows by reviewers, with gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evenhand.base.text.label_texts import SEPARATOR
from evenhand.base.values import Ints
from evenhand.evaluation.resampling.resampling_units import group_numbers
from evenhand.review.log.event import Outcome
from evenhand.review.log.replay import ReviewState

MISSING = -1
"""Category where a reviewer did not decide."""


@dataclass(frozen=True, eq=False)
class Ratings:
    """What each reviewer decided on each row.

    Attributes
    ----------
    rows
        The n ids.
    reviewers
        The m names.
    categories
        The k outcomes that occur.
    chosen
        (n, m) int64 the category of each decision, `MISSING` where there is none.
    groups
        (n,) numbers 0..g-1 of groups of rows that are resampled together, or None.
    """

    rows: tuple[str, ...]
    reviewers: tuple[str, ...]
    categories: tuple[Outcome, ...]
    chosen: Ints
    groups: Ints | None = None

    def both(self, a: str, b: str) -> tuple[Ints, Ints | None]:
        """Return the (r, 2) categories of the rows that two reviewers both decided, and their groups."""
        pair = self.chosen[:, [self.reviewers.index(a), self.reviewers.index(b)]]
        there = (pair != MISSING).all(axis=1)
        return pair[there], None if self.groups is None else np.unique(self.groups[there], return_inverse=True)[1]


def ratings_of(state: ReviewState, *, groups: Mapping[str, str] | None = None) -> Ratings:
    """Return the latest decision of each reviewer on each row, without planted ones and settlements of disputes.

    "unsure" is no judgement of the row, so it is a gap here, although it makes a row disputed.

    Parameters
    ----------
    groups
        The group of each row by id; rows that are not in it are a group of their own.
    """
    found: list[tuple[str, dict[str, Outcome]]] = []
    for row in sorted(state.rows()):
        by = state.independent(row)
        outcomes = {name: one.outcome for name, one in by.items() if one.kind != "unsure"}
        if outcomes:
            found.append((row, outcomes))
    reviewers = tuple(sorted({name for _, outcomes in found for name in outcomes}))
    categories = tuple(sorted({one for _, outcomes in found for one in outcomes.values()}))
    number = {outcome: at for at, outcome in enumerate(categories)}
    column = {name: at for at, name in enumerate(reviewers)}
    chosen = np.full((len(found), len(reviewers)), MISSING, dtype=np.int64)
    for at, (_, outcomes) in enumerate(found):
        for name, outcome in outcomes.items():
            chosen[at, column[name]] = number[outcome]
    rows = tuple(row for row, _ in found)
    return Ratings(rows, reviewers, categories, chosen, None if groups is None else _numbers(rows, groups))


def _numbers(rows: Sequence[str], groups: Mapping[str, str]) -> Ints | None:
    # two kinds of names, so that a row of its own never falls into a group of the same name
    return group_numbers([f"group {groups[row]}" if row in groups else f"row {row}" for row in rows], len(rows))


def outcome_words(outcome: Outcome) -> str:
    """Return an outcome for readers.

    >>> outcome_words(("label", ("cat", "dog"))), outcome_words(("trash", ()))
    ('cat|dog', '(trash)')
    """
    kind, classes = outcome
    return (SEPARATOR.join(classes) or "(no class)") if kind == "label" else f"({kind})"
