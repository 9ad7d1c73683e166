"""Averages of weights over time: exponential (EMA) and even (SWA)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor

Weights = dict[str, Tensor]
"""Parameters and buffers by name."""


class Average:
    """A running average of the live weights.

    Parameters
    ----------
    live
        The tensors themselves, by name; integer tensors (counters) are copied, not averaged.
    """

    def __init__(self, live: Weights) -> None:
        self.count = 0
        self._live = live
        self._held = {name: tensor.detach().clone() for name, tensor in live.items()}
        floating = [name for name, tensor in live.items() if tensor.is_floating_point()]
        self._floats = [live[name].detach() for name in floating], [self._held[name] for name in floating]
        self._others = [name for name in live if name not in set(floating)]

    def follow(self, decay: float) -> None:
        """Update the moving average: a <- d a + (1 - d) w with d = min(decay, (1 + t) / (10 + t)).

        The decay rises with the number of updates t, so that initial weights do not dominate a short training
        (Tan & Le 2019 train with such a ramp; Polyak & Juditsky 1992 for averaging itself).
        """
        self._towards(1.0 - min(decay, (1 + self.count) / (10 + self.count)))

    def include(self) -> None:
        """Include the live weights in the even average (Izmailov et al. 2018, algorithm 1)."""
        self._towards(1.0 / (self.count + 1))

    def _towards(self, share: float) -> None:
        live, held = self._floats
        with torch.no_grad():
            torch._foreach_lerp_(held, live, share)  # one kernel for all tensors: called after every step
            for name in self._others:
                self._held[name].copy_(self._live[name])
        self.count += 1

    @contextlib.contextmanager
    def swapped_in(self) -> Iterator[None]:
        """Replace the live weights by the average within a block."""
        # The values are exchanged, not the tensors: module and optimizer hold these.
        kept = cloned(self._live)
        copy_into(self._live, self._held)
        try:
            yield
        finally:
            copy_into(self._live, kept)

    def state_dict(self) -> dict[str, object]:
        """Return what `load_state_dict` needs."""
        return {"count": self.count, "held": dict(self._held)}

    def load_state_dict(self, state: dict[str, object]) -> None:
        """Restore what `state_dict` returned."""
        self.count = int(state["count"])  # type: ignore[call-overload]
        # in place, as `_floats` lists these tensors
        copy_into(self._held, state["held"])  # type: ignore[arg-type]


def cloned(live: Weights) -> Weights:
    """Return copies of tensors."""
    return {name: tensor.detach().clone() for name, tensor in live.items()}


def copy_into(live: Weights, values: Weights) -> None:
    """Write values into tensors, in place."""
    with torch.no_grad():
        for name, tensor in live.items():
            tensor.copy_(values[name])
