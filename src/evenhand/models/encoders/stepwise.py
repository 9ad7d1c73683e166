"""Networks that read a row step by step, with a state of constant size instead of the steps so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, Self, runtime_checkable

from torch import Tensor

from evenhand.models.encoders.encoder import Encoder


class Stepper(Protocol):
    """The blocks of m networks, which read one row together."""

    def advance(self, batch: Any, state: Any = None) -> tuple[Tensor, Any]:
        """Return (m, d) features after a further step, and the state after it.

        Parameters
        ----------
        batch
            One step of one row, as the encoder gets whole rows.
        state
            What the steps before left behind, of a size that does not grow with them, and not changed; None before
            the first.
        """


@runtime_checkable
class Stepwise(Protocol):
    """The only block of an encoder whose features after a step depend on this step and a state alone."""

    def stepper(self, others: Sequence[Self]) -> Stepper:
        """Return this block and those of other networks of the same options, to read rows step by step.

        One step is too little work for a network of its own: starting its operations would take longer than their
        arithmetic. All networks are in evaluation mode, and on the device where they will read.
        """


def stepwise(encoder: Encoder) -> Stepwise | None:
    """Return the block of an encoder that reads step by step; None if the encoder needs whole rows."""
    block = encoder.stages[0].module
    return block if len(encoder.stages) == 1 and isinstance(block, Stepwise) else None
