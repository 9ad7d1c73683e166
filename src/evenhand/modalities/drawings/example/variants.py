"""Random numbers of a series: its drawings are variants of one form, not of the class at large."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class VariantGenerator:
    """A random generator whose numbers are mostly those of the series.

    Every drawing of a series sees the same numbers of a first generator in the same order; lengths are shifted
    within their range and choices changed now and then by a second one, of the drawing's own.

    Parameters
    ----------
    series
        Seed of what the series shares.
    own
        Generator of what is the drawing's own.
    loose
        0 (all drawings of a series are equal) to 1 (they have nothing in common).
    """

    def __init__(self, series: int, own: np.random.Generator, loose: float = 0.25) -> None:
        self._series, self._own, self._loose = np.random.default_rng(series), own, loose

    def uniform(self, low: float, high: float, size: int | None = None) -> Any:
        """Return numbers between `low` and `high`, near those of the series."""
        ours, theirs = self._series.uniform(low, high, size), self._own.uniform(low, high, size)
        return ours + self._loose * (theirs - ours)

    def random(self) -> float:
        """Return a number on [0, 1): that of the series, or of the drawing's own."""
        return float(self._either(self._series.random(), self._own.random()))

    def integers(self, low: int, high: int) -> int:
        """Return an integer below `high`."""
        return int(self._either(self._series.integers(low, high), self._own.integers(low, high)))

    def choice(self, values: list[Any]) -> Any:
        """Return one of the values."""
        return self._either(self._series.choice(values), self._own.choice(values))

    def dirichlet(self, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return positive shares that add up to 1."""
        ours, theirs = self._series.dirichlet(weights), self._own.dirichlet(weights)
        return np.asarray(ours + self._loose * (theirs - ours))

    def _either(self, ours: Any, theirs: Any) -> Any:
        return theirs if self._own.random() < self._loose else ours
