"""Networks that read a row step by step, with a state of constant size instead of the steps so far."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from torch import Tensor

from evenhand.models.encoders.encoder import Encoder


@runtime_checkable
class Stepwise(Protocol):
    """The only block of an encoder whose features after a step depend on this step and a state alone."""

    def advance(self, batch: Any, state: Any = None) -> tuple[Tensor, Any]:
        """Return (b, s, d) features after each of s further steps, and the state after the last of them.

        Parameters
        ----------
        batch
            The steps, as the encoder gets whole rows.
        state
            What the steps before left behind, of a size that does not grow with them; None before the first.
        """


def stepwise(encoder: Encoder) -> Stepwise | None:
    """Return the block of an encoder that reads step by step; None if the encoder needs whole rows."""
    block = encoder.stages[0].module
    return block if len(encoder.stages) == 1 and isinstance(block, Stepwise) else None
