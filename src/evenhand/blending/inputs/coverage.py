"""The coverage of each model: missing rows and differing folds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from evenhand.base.values import Ints, Origin, Strings


@dataclass(frozen=True, eq=False)
class Coverage:
    """The rows and folds of one model, relative to the blend.

    Attributes
    ----------
    model
        Its name.
    rows
        Its total number of rows.
    lacking
        Ids of rows that only other models have.
    extra
        Number of its rows that are not blended, because another model lacks them.
    folds_lacking
        Folds of the plan without any of its rows.
    folds_differ
        Number of blended rows that lie in another fold than in the plan; 0 if the folds differ in numbering only.
    origin
        The origin of its predictions under the plan: "out-of-fold elsewhere" if the folds differ.
    """

    model: str
    rows: int
    lacking: Strings
    extra: int
    folds_lacking: tuple[int, ...]
    folds_differ: int
    origin: Origin

    @property
    def complete(self) -> bool:
        """Whether it has every row that any model has."""
        return not len(self.lacking)

    @property
    def out_of_fold_here(self) -> bool:
        """Whether its predictions are out-of-fold under the plan of folds."""
        return self.origin == "out-of-fold"

    def __str__(self) -> str:
        parts = []
        if len(self.lacking):
            parts.append(f'lacks {len(self.lacking):,} rows that others have (first: "{self.lacking[0]}")')
        if self.folds_lacking:
            parts.append(f"has no row of fold {', '.join(map(str, self.folds_lacking))}")
        if self.extra:
            parts.append(f"has {self.extra:,} rows that others lack")
        if self.folds_differ:
            parts.append(f"held {self.folds_differ:,} rows out in other folds, so it is not out of fold here")
        elif self.origin == "out-of-fold elsewhere":
            parts.append("does not record the folds of its rows, so it is not known to be out of fold here")
        return f'"{self.model}" {"; ".join(parts) or "covers every row, in the folds of the plan"}.'

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON; of the ids the number and the first few."""
        return {
            "model": self.model,
            "rows": self.rows,
            "lacking": len(self.lacking),
            "first_lacking": [str(i) for i in self.lacking[:5]],
            "extra": self.extra,
            "folds_lacking": list(self.folds_lacking),
            "folds_differ": self.folds_differ,
            "origin": self.origin,
            "out_of_fold_here": self.out_of_fold_here,
        }


def differing(ours: Ints, theirs: Ints) -> int:
    """Return the number of rows in other folds, whatever the numbering of folds.

    >>> ours = np.array([0, 0, 1, 1])
    >>> differing(ours, np.array([5, 5, 2, 2])), differing(ours, np.array([0, 1, 1, 1]))
    (0, 1)
    """
    (_, a), (_, b) = np.unique(ours, return_inverse=True), np.unique(theirs, return_inverse=True)
    together = np.zeros((int(a.max()) + 1, int(b.max()) + 1), dtype=np.int64)
    np.add.at(together, (a, b), 1)
    # The numbering is arbitrary: match the folds one to one so that as many rows as possible agree.
    matched = linear_sum_assignment(together, maximize=True)
    return int(len(ours) - together[matched].sum())
