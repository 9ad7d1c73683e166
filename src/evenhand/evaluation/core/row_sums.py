"""Numbers per row whose sums determine a metric, so that a bootstrap replicate is one sparse product."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from evenhand.base.values import Floats, Ints

Finish = Callable[[Floats], Floats]


def as_they_are(sums: Floats) -> Floats:
    """Return the sums."""
    return sums


@dataclass(frozen=True, eq=False)
class RowSums:
    """A sparse matrix of n rows × q numbers, and a function of its column sums.

    Attributes
    ----------
    shape
        (n, q).
    row, column
        (e,) indices of the entries.
    value
        (e,) float64 entries, or None where all are 1.
    finish
        (q, b) sums of b replicates -> (r, b) statistics that metrics read.
    pattern
        (n,) int: rows of one pattern have the same entries; None where that is not known.
    """

    shape: tuple[int, int]
    row: Ints
    column: Ints
    value: Floats | None = None
    finish: Finish = as_they_are
    pattern: Ints | None = None

    def statistics(self) -> Floats:
        """Return (r, 1) the statistics of all rows, without resampling."""
        sums = np.bincount(self.column, weights=self.value, minlength=self.shape[1])
        return self.finish(sums.astype(np.float64)[:, None])

    def by_unit(self, unit: Ints, units: int) -> sp.csr_array[Any]:
        """Return (q, units) sums over the rows of each unit.

        Parameters
        ----------
        unit
            (n,) the unit of each row, in 0..units-1; -1 leaves a row out.
        """
        to = unit[self.row]
        value = np.ones(len(to)) if self.value is None else self.value
        inside = to >= 0
        entries = (value[inside], (self.column[inside], to[inside]))
        # Entries of one cell are added up by the conversion: this is the sum over rows.
        return sp.csr_array(sp.coo_array(entries, shape=(self.shape[1], units)))


def means(value: Floats, chosen: Ints) -> RowSums:
    """Return features whose sums are (sum of `value`, number of rows) over the rows at `chosen`.

    Parameters
    ----------
    value
        (n,) float64.
    chosen
        Positions of the rows that count.
    """
    zeros, ones = np.zeros_like(chosen), np.ones_like(chosen)
    return RowSums(
        shape=(len(value), 2),
        row=np.concatenate([chosen, chosen]),
        column=np.concatenate([zeros, ones]),
        value=np.concatenate([value[chosen], np.ones(len(chosen))]),
    )


def ratio(top: Floats, bottom: Floats) -> Floats:
    """Return top / bottom, NaN where the bottom is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 0, top / bottom, np.nan)


def mean_of_known(values: Floats) -> Floats:
    """Return (b,) the mean of each column of (r, b) values without its NaNs; NaN where there is nothing else."""
    there = ~np.isnan(values)
    return ratio(np.where(there, values, 0.0).sum(axis=0), there.sum(axis=0).astype(np.float64))
