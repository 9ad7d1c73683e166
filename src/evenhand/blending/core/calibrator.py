"""The interface of calibrators and of what they have learned."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

import numpy.typing as npt

from evenhand.base.settings.section import Section
from evenhand.base.values import Floats

Scorer = Callable[[Floats, Mapping[str, float]], float]
"""(n, k) probabilities of the rows, and metric -> weight: the score. It knows the groups and named classes."""


class Calibration(Protocol):
    """What a calibrator has learned."""

    def apply(self, probabilities: Floats) -> Floats:
        """Return (n, k) float64 probabilities for (n, k) probabilities; with one label a row, rows sum to 1."""

    def document(self) -> dict[str, Any]:
        """Return its numbers as plain values."""


class Calibrator(Section):
    """A way of correcting probabilities, with its options. It knows one prediction, not the models behind it."""

    takes_several: ClassVar[bool] = False
    """Whether it supports rows with several labels."""
    takes_one: ClassVar[bool] = True
    """Whether it supports rows with one label each."""

    @abstractmethod
    def calibrate(
        self,
        probabilities: Floats,
        truth: npt.NDArray[Any],
        classes: Sequence[str],
        scorer: Scorer | None = None,
    ) -> Calibration:
        """Return what is learned from these rows.

        Parameters
        ----------
        probabilities
            (n, k), for rows that the prediction was not made from.
        truth
            (n,) class indices, all known; (n, k) of 0 and 1 where several labels may hold, NaN where one is not
            known.
        classes
            The k class names.
        scorer
            The score of these rows; without it, metrics of groups and of named classes are unknown.
        """
