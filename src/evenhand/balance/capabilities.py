"""Optional methods of samplers, weights and losses, recognised by their presence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from evenhand.base.values import Floats


@runtime_checkable
class OfClasses(Protocol):
    """A choice whose options name classes."""

    def for_classes(self, names: Sequence[str], counts: Floats) -> Any:
        """Return the same choice for those of the k classes that have rows, in their order."""


@runtime_checkable
class OfSubset(Protocol):
    """A sampler whose epochs are shorter than the training rows."""

    def epoch_rows(self, counts: Floats) -> float:
        """Return how many rows an epoch holds, from (k,) rows per class (all above 0)."""


@runtime_checkable
class ShiftsLogits(Protocol):
    """A loss that changes the prior that a model assumes by shifting logits."""

    def logit_shifts(self, counts: Floats) -> Floats:
        """Return (k,) a_c: the prior of class c is multiplied by exp(a_c).

        Counts are (k,) rows per class, all above 0.
        """


@runtime_checkable
class OfModel(Protocol):
    """A loss whose effect on the classes depends on the model, and can only be measured."""

    @property
    def measured(self) -> str:
        """Return why, in words."""
