"""A block of classes that exclude one another, among labels of which several may hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evenhand.base.values.types import TRUTH_THRESHOLD, Floats

ROUNDING = 0.005
"""How far each share may be from the truth: shares of raters are written with two decimals."""


@dataclass(frozen=True)
class ExclusiveBlock:
    """Classes of which at most one holds in a row, such as the colours of a thing, or that share each row out.

    Attributes
    ----------
    classes
        Their names, in the order of the classes of the samples.
    complete
        Whether exactly one of them holds in every row in which all of them are known; of degrees, whether they sum
        to 1.
    rows
        Number of rows in which one of them holds; of degrees, in which they sum to 0.5 or more.
    n
        Number of rows in which all of them are known.
    """

    classes: tuple[str, ...]
    complete: bool
    rows: int
    n: int

    @classmethod
    def of(cls, names: Sequence[str], classes: Sequence[str], labels: Floats) -> ExclusiveBlock:
        """Return the block of these names, in the order of the classes, and what rows show of it.

        Parameters
        ----------
        names
            Some of the classes.
        classes
            The k class names.
        labels
            (n, k) in 0..1, NaN where it is not known whether a class holds.
        """
        at = np.sort([list(classes).index(name) for name in names])
        part = labels[:, at]
        total = np.nansum(part, axis=1)
        whole = np.asarray(~np.isnan(part).any(axis=1))
        complete = bool(whole.any() and (np.abs(total[whole] - 1) <= ROUNDING * len(at)).all())
        return cls(tuple(classes[c] for c in at), complete, int((total >= TRUTH_THRESHOLD).sum()), int(whole.sum()))
