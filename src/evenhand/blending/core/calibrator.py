"""The interface of calibrators and of what they have learned."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol

from evenhand.base.settings.section import Section
from evenhand.base.values import Floats, Ints


class Calibration(Protocol):
    """What a calibrator has learned."""

    def apply(self, probabilities: Floats) -> Floats:
        """Return (n, k) float64 probabilities, rows summing to 1, for (n, k) probabilities."""

    def document(self) -> dict[str, Any]:
        """Return its numbers as plain values."""


class Calibrator(Section):
    """A way of correcting probabilities, with its options. It knows one prediction, not the models behind it."""

    @abstractmethod
    def calibrate(self, probabilities: Floats, truth: Ints, classes: Sequence[str]) -> Calibration:
        """Return what is learned from these rows.

        Parameters
        ----------
        probabilities
            (n, k), for rows that the prediction was not made from.
        truth
            (n,) class indices, all known.
        classes
            The k class names.
        """
