"""Filters of what is reviewed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from evenhand.base.errors import DataError, unknown
from evenhand.base.values import Mask, Strings
from evenhand.review.log.event import DECISIONS
from evenhand.review.log.replay import ReviewState
from evenhand.review.rows.review_rows import ReviewRows

NO_DECISION, DISPUTED = "none", "disputed"
NO_CLASS = ""


@dataclass(frozen=True)
class Filters:
    """What rows must have: any of the values of each attribute that has values.

    Attributes
    ----------
    classes
        Names of classes, any of a row's labels; "" for rows without one.
    groups
        Groups; "" for rows without one.
    folds
        "0", "1", …, "test"; "" for rows without one.
    findings
        Codes of findings ("EH103").
    decisions
        The reviewer's own decision: "none", "keep", "relabel", "trash", "unsure"; or "disputed" where reviewers
        differ. What others decided does not count otherwise, so that nobody is led by it.
    """

    classes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    folds: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()

    @property
    def again(self) -> bool:
        """Whether rows that were decided before are asked for."""
        return bool(set(self.decisions) - {NO_DECISION})

    def passing(self, rows: ReviewRows, state: ReviewState, reviewer: str) -> Mask:
        """Return (n,) bool, which rows pass.

        Raises
        ------
        DataError
            If a value does not occur; the message names the nearest that does.
        """
        keep = np.ones(len(rows), dtype=bool)
        if self.classes:
            keep &= _of_classes(rows, self.classes)
        if self.groups:
            keep &= _of_values("group", self.groups, rows.frame["group"].to_numpy(dtype=object))
        if self.folds:
            keep &= _of_values("fold", self.folds, rows.fold)
        if self.findings:
            _check("finding", self.findings, rows.findings)
            keep &= _at(rows, {row for code in self.findings for row in rows.findings[code]})
        if self.decisions:
            _check("decision", self.decisions, (NO_DECISION, *DECISIONS, DISPUTED))
            keep &= _of_decisions(rows, self.decisions, state, reviewer)
        return keep


def _of_values(what: str, values: Sequence[str], of: Strings) -> Mask:
    _check(what, values, set(of.tolist()))
    return np.isin(of, values)


def _of_classes(rows: ReviewRows, names: Sequence[str]) -> Mask:
    _check("class", names, (*rows.classes, NO_CLASS))
    row, label = rows.held
    wanted = [rows.classes.index(name) for name in names if name != NO_CLASS]
    keep = np.zeros(len(rows), dtype=bool)
    keep[row[np.isin(label, wanted)]] = True
    if NO_CLASS in names:
        without = np.ones(len(rows), dtype=bool)
        without[row] = False
        keep |= without
    return keep


def _of_decisions(rows: ReviewRows, names: Sequence[str], state: ReviewState, reviewer: str) -> Mask:
    decided = {row: state.of(reviewer, row) for row in state.rows_of(reviewer)}
    keep = _at(rows, {row for row, event in decided.items() if event is not None and event.kind in names})
    if NO_DECISION in names:
        keep |= ~_at(rows, decided)
    if DISPUTED in names:
        keep |= _at(rows, state.disputed)
    return keep


def _at(rows: ReviewRows, ids: Collection[str]) -> Mask:
    keep = np.zeros(len(rows), dtype=bool)
    keep[[rows.position(row) for row in ids if row in rows]] = True
    return keep


def _check(what: str, values: Sequence[str], known: Collection[str]) -> None:
    for value in values:
        if value not in known:
            raise DataError(unknown(what, value, sorted(known)))
