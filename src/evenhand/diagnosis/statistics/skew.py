"""Class imbalance: counts per class and their summary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.text.counted import count
from evenhand.base.values import Samples


@dataclass(frozen=True, eq=False)
class Skew:
    """The distribution of rows over classes.

    Attributes
    ----------
    table
        One row per class, most frequent first: class, rows, share (of the rows of which it is known whether the
        class holds; where rows may have several, shares sum to the mean number of classes of a row), groups.
    n
        Rows in all; a row with several labels counts once.
    unlabelled
        Rows without a label; where rows may have several, those of no class.
    ratio
        Rows of the largest class over rows of the smallest one that has any (1 is even).
    effective_classes
        The number of equally filled classes with the same entropy (Hill 1973, order 1); 1..k.
    groups
        Groups in all (rows where no group is named).
    grouped
        Whether groups are named.
    several
        Whether a row may have several classes.
    """

    table: pd.DataFrame
    n: int
    unlabelled: int
    ratio: float
    effective_classes: float
    groups: int
    grouped: bool
    several: bool = False

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "n": self.n,
            "several": self.several,
            "unlabelled": self.unlabelled,
            "ratio": self.ratio,
            "effective_classes": self.effective_classes,
            "groups": self.groups,
            "classes": self.table.to_dict(orient="records"),
        }

    def __str__(self) -> str:
        groups = f" in {count(self.groups, 'group')}" if self.grouped else ""
        lacking = "of no class" if self.several else "without a label"
        unlabelled = f", {self.unlabelled:,} {lacking}" if self.unlabelled else ""
        return (
            f"{count(self.n, 'row')}{groups}{unlabelled}; {count(len(self.table), 'class', 'classes')}, the "
            f"largest {self.ratio:,.1f} times the smallest (as even as {self.effective_classes:.1f} equal classes)."
        )


def skew_summary(samples: Samples) -> Skew:
    """Return counts per class, groups per class and measures of skew."""
    counts = samples.counts()
    per_class = samples.groups_per_class()
    table = pd.DataFrame(
        {
            "class": list(samples.classes),
            "rows": counts.astype(np.int64) if np.array_equal(counts, np.round(counts)) else counts,
            "share": counts / np.maximum(samples.known_cells.sum(axis=0), 1),
            "groups": [per_class[name] for name in samples.classes],
        }
    )
    filled = counts[counts > 0]
    return Skew(
        table=table.sort_values("rows", ascending=False, kind="stable").reset_index(drop=True),
        n=len(samples),
        unlabelled=int((samples.matrix().sum(axis=1) == 0).sum()),
        ratio=float(filled.max() / filled.min()) if len(filled) else float("nan"),
        effective_classes=effective_number(filled),
        groups=len(set(samples.groups)),
        grouped=samples.grouped,
        several=samples.multi_label,
    )


def effective_number(counts: np.ndarray[Any, Any]) -> float:
    """Return exp(entropy) of counts: the effective number of classes (Hill 1973, N1).

    >>> effective_number(np.array([5, 5])), round(effective_number(np.array([99, 1])), 2)
    (2.0, 1.06)
    """
    if not len(counts):
        return 0.0
    share = counts / counts.sum()
    return float(np.exp(-(share * np.log(share)).sum()))
