"""The interface of blending methods: a section of options that learns from a stack, and what it has learned.

Both are pure: learning depends on the options, the rows and the seed only, and each row is predicted independently
of the others. So any method can be cross-fitted, nested and repeated.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from evenhand.base.settings.section import Section
from evenhand.base.values import Floats
from evenhand.blending.inputs.stack import Stack


class Learned(Protocol):
    """What a method has learned."""

    def apply(self, stack: Stack) -> Floats:
        """Return (n, k) float64 probabilities for the rows of a stack, ignoring truth and folds."""

    def document(self) -> dict[str, Any]:
        """Return its parameters as plain values, for readers: weights, temperature, gates."""


class Method(Section):
    """A way of blending several predictions into one, with its options."""

    takes_several: ClassVar[bool] = False
    """Whether it supports rows with several labels."""
    uses_features: ClassVar[bool] = False
    """Whether it uses features stored for the rows."""

    @abstractmethod
    def learn(self, stack: Stack, seed: int) -> Learned:
        """Return what is learned from the rows of `stack`.

        Parameters
        ----------
        stack
            At least one row; the truth of every row is known. Folds may be used for tuning within these rows.
        seed
            Of all random numbers.
        """

    def learn_each(self, stack: Stack, seed: int) -> tuple[Learned, Mapping[int, Learned]]:
        """Return what is learned from all rows, and for each fold what is learned from the rows of the other folds.

        A method may override this with a cheaper computation of the same numbers.
        """
        return self.learn(stack, seed), {fold: self.learn(stack.without(fold), seed) for fold in stack.folds}
