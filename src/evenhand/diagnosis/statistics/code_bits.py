"""Bits of codes: how often each is set, and which are constant, saturated or copies of others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Floats, Ints

Codes = npt.NDArray[Any]
"""(n, bits) float32 in -1..1 whose signs are the bits, or (n, m) uint8 numbers of centroids."""

CONSTANT = 0.998
"""Share of the rows in which a constant bit has one value."""

SATURATED = 1e-6
"""Distance from -1 or 1 within which tanh has no gradient left in float32."""

CORRELATED = 0.95
"""Correlation, up to the sign, from which on a bit is a copy of an earlier one."""


@dataclass(frozen=True, eq=False)
class BitReport:
    """Positions of the bits that are constant, saturated and copies of earlier ones, and the number of all bits."""

    constant: Ints
    saturated: Ints
    copies: Ints
    count: int

    def named(self, word: str) -> Ints:
        """Return the positions under a name."""
        found: Ints = getattr(self, word)
        return found


def bits_of(
    values: Codes, constant: float = CONSTANT, saturated: float = SATURATED, correlated: float = CORRELATED
) -> BitReport:
    """Return what is wrong with the bits of codes, or with the numbers of centroids."""
    nothing = np.zeros(0, dtype=np.int64)
    if are_centroids(values):
        return BitReport(np.flatnonzero(most_common(values) >= constant), nothing, nothing, values.shape[1])
    # A share `constant` of ones, or of zeros.
    same = np.abs(2 * share_of_ones(values) - 1) >= 2 * constant - 1
    ends = share_saturated(values, saturated) >= constant
    # Constant bits have no correlation, and rounding would make copies of nearly constant ones.
    varied = np.flatnonzero(~same)
    near = np.triu(correlations(values[:, varied]) >= correlated, k=1)
    return BitReport(np.flatnonzero(same), np.flatnonzero(ends), varied[near.any(axis=0)], values.shape[1])


def are_centroids(values: Codes) -> bool:
    """Return whether codes are numbers of centroids, not bits."""
    return values.dtype == np.uint8


def share_of_ones(values: Codes) -> Floats:
    """Return (bits,) the share of rows in which each bit is set."""
    return np.asarray((values > 0).mean(axis=0))


def share_saturated(values: Codes, saturated: float = SATURATED) -> Floats:
    """Return (bits,) the share of rows in which the output of each bit is within `saturated` of -1 or 1."""
    return np.asarray((np.abs(values) >= 1 - saturated).mean(axis=0))


def correlations(values: Codes) -> Floats:
    """Return (bits, bits) absolute correlations of the bits (phi coefficients); 0 with a bit that never varies.

    >>> correlations(np.array([[1.0, -1.0, 1.0], [-1.0, 1.0, 1.0]])).round(6)
    array([[1., 1., 0.],
           [1., 1., 0.],
           [0., 0., 0.]])
    """
    signs = np.where(values > 0, 1.0, -1.0)
    centred = signs - signs.mean(axis=0)
    length = np.linalg.norm(centred, axis=0)
    unit = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
    return np.asarray(np.abs(unit.T @ unit))


def most_common(values: Codes) -> Floats:
    """Return (m,) the share of rows with the most common centroid of each part."""
    return np.array([np.bincount(column).max() for column in values.T]) / max(len(values), 1)


def effective_centroids(values: Codes) -> Floats:
    """Return (m,) the number of equally common centroids with the entropy of each part: exp(-sum p log p).

    >>> effective_centroids(np.array([[0, 3], [0, 3], [1, 3], [1, 3]], dtype=np.uint8)).round(6)
    array([2., 1.])
    """
    out = []
    for column in values.T:
        share = np.bincount(column) / max(len(column), 1)
        share = share[share > 0]
        out.append(float(np.exp(-(share * np.log(share)).sum())))
    return np.array(out)


def largest_correlation(values: Codes) -> Floats:
    """Return (bits,) the largest correlation of each bit with another; 0 of a single bit."""
    between = correlations(values)
    np.fill_diagonal(between, 0.0)
    return np.asarray(between.max(axis=1, initial=0.0))
