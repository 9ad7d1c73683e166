"""How far a reviewer is, over all and by class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.values import Ints
from evenhand.review.log.event import DECISIONS


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a reviewer is with the rows of a queue.

    Attributes
    ----------
    total, decided
        Number of rows, and of those with a decision of the reviewer.
    left
        Number of rows that are still to be shown; where decided ones are asked for again, not `total - decided`.
    kinds
        Kind of decision ("keep", "relabel", "trash", "unsure") -> number of rows.
    classes
        A line per class with rows: class ("" for rows without one), rows, decided, and a column per kind. A row
        with several labels counts in each of them.
    """

    total: int
    decided: int
    left: int
    kinds: dict[str, int]
    classes: pd.DataFrame

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "total": self.total,
            "decided": self.decided,
            "left": self.left,
            "kinds": dict(self.kinds),
            "classes": self.classes.to_dict(orient="records"),
        }


def progress_of(kind: Ints, left: int, row: Ints, label: Ints, names: tuple[str, ...]) -> Progress:
    """Return the progress of m rows.

    Parameters
    ----------
    kind
        (m,) 0 for no decision, else 1 + the position in `DECISIONS`.
    left
        Rows that are still to be shown.
    row, label
        Row and class of each label that holds.
    names
        The names of the classes.
    """
    each = 1 + len(DECISIONS)
    counts = np.bincount(label * each + kind[row], minlength=len(names) * each).reshape(len(names), each)
    there = np.flatnonzero(counts.sum(axis=1))
    of_class, total = counts[there], np.bincount(kind, minlength=each)
    table = pd.DataFrame(
        {
            "class": [names[one] for one in there],
            "rows": of_class.sum(axis=1),
            "decided": of_class[:, 1:].sum(axis=1),
            **{name: of_class[:, 1 + place] for place, name in enumerate(DECISIONS)},
        }
    )
    kinds = {name: int(total[1 + place]) for place, name in enumerate(DECISIONS)}
    return Progress(len(kind), int(total[1:].sum()), left, kinds, table)
