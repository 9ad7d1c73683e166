"""Cross-fitting: predict the rows of each fold by what was learned from the other folds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from evenhand.base.errors import DataError
from evenhand.base.values import Floats
from evenhand.blending.core.method import Learned
from evenhand.blending.inputs.stack import Stack
from evenhand.evaluation.core.evaluated_rows import known


class Learner(Protocol):
    """A method, or a recipe of several steps."""

    def learn(self, stack: Stack, seed: int) -> Learned:
        """Return what is learned from the rows."""

    def learn_each(self, stack: Stack, seed: int) -> tuple[Learned, Mapping[int, Learned]]:
        """Return what is learned from all rows, and for each fold what is learned from the rows of the others."""


@dataclass(frozen=True, eq=False)
class Crossfit:
    """What was learned from all rows, and from all folds but one.

    Attributes
    ----------
    overall
        From all rows; for rows that are new.
    per_fold
        For the rows of each fold, learned on the other folds. A fold without known truth has none: `overall`
        predicts it, which has seen none of its truth either.
    """

    overall: Learned
    per_fold: Mapping[int, Learned]

    def out_of_fold(self, stack: Stack) -> Floats:
        """Return (n, k) float64: each row predicted by what was learned from the other folds."""
        out = np.empty((len(stack), stack.k))
        for rows in stack.slices():
            part = stack.take(rows)
            for fold in part.folds:
                at = np.flatnonzero(part.fold == fold)
                # `at` counts from the first row of this slice.
                out[rows.start + at] = self.per_fold.get(fold, self.overall).apply(part.take(at))
        return out

    def naive(self, stack: Stack) -> Floats:
        """Return (n, k) float64: each row predicted by what was learned from all rows, its own truth among them."""
        return applied(self.overall, stack)


def crossfit(learner: Learner, stack: Stack, seed: int = 0) -> Crossfit:
    """Return what a method learns from all rows, and for each fold from the other folds.

    Parameters
    ----------
    stack
        With truth and folds; rows whose truth is not known are not learned from.

    Raises
    ------
    DataError
        If truth or folds are missing, no truth is known, or all that is known lies in one fold.
    """
    for what in ("truth", "fold"):
        if getattr(stack, what) is None:
            word, table = ("truth", "labels") if what == "truth" else ("folds", "folds")
            raise DataError(
                f'The predictions of "{stack.names[0]}" have no {word}, without which nothing can be learned. Give '
                f"a table of {table} (--{table}), or a column with them in the file."
            )
    if not known(stack.labels).any():
        raise DataError(f'No row of "{stack.names[0]}" has a known truth; nothing can be learned without.')
    rows = stack.known()
    if len(rows.folds) < 2:
        one = len(rows) == 1
        lie = "The only row with a known truth lies" if one else f"All {len(rows):,} rows with a known truth lie"
        raise DataError(f"{lie} in one fold; cross-fitting needs rows in at least two folds.")
    return Crossfit(*learner.learn_each(rows, seed))


def applied(learned: Learned, stack: Stack) -> Floats:
    """Return (n, k) float64 predictions of a fitted blend, computed in slices that fit into memory."""
    out = np.empty((len(stack), stack.k))
    for rows in stack.slices():
        out[rows] = learned.apply(stack.take(rows))
    return out
