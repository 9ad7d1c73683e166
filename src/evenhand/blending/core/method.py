"""What a way of blending is: a section of options that learns from a stack, and what it has learned.

Both are pure: learning depends on the options, the rows given and the seed, and on nothing else; what was learned
answers each row by itself. So anything may be cross-fitted, nested and done again.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from evenhand.base.errors import DataError
from evenhand.base.settings.section import Section
from evenhand.base.values import Floats
from evenhand.blending.inputs.stack import Stack


class Learned(Protocol):
    """What a method has learned."""

    def apply(self, stack: Stack) -> Floats:
        """Return (n, k) float64 probabilities for the rows of a stack; truth and folds are not looked at."""

    def document(self) -> dict[str, Any]:
        """Return what a person may want to see of it as plain values: weights, temperature, gates."""


class Method(Section):
    """A way of making one prediction of several, with its options."""

    takes_several: ClassVar[bool] = False
    """Whether it can be used where several labels may hold for one row."""
    uses_features: ClassVar[bool] = False
    """Whether it looks at features that are stored for the rows."""

    @abstractmethod
    def learn(self, stack: Stack, seed: int) -> Learned:
        """Return what the rows of `stack` teach.

        Parameters
        ----------
        stack
            At least one row; the truth of every row is known. Folds may be used to tune within these rows.
        seed
            Of every random draw.
        """

    def learn_each(self, stack: Stack, seed: int) -> tuple[Learned, Mapping[int, Learned]]:
        """Return what is learned from all rows, and for each fold what is learned from the rows of the other folds.

        A method that can have them cheaper than one by one does; the numbers are the same.
        """
        return self.learn(stack, seed), {fold: self.learn(stack.without(fold), seed) for fold in stack.folds}


def refuse_several(stack: Stack, name: str) -> None:
    """Refuse rows that may have several labels.

    Raises
    ------
    DataError
        With what can be used instead.
    """
    if stack.several:
        raise DataError(
            f'"{name}" is for rows that hold one class each; here several may hold. Use equal, score or nnls.'
        )
