"""Averages of weights over time: exponential (EMA) and even (SWA)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor

Weights = dict[str, Tensor]
"""Parameters and buffers by name."""


class Average:
    """A running average of tensors that keep changing.

    Parameters
    ----------
    live
        The tensors themselves, by name; those that are not floating (counters) are copied, not averaged.
    """

    def __init__(self, live: Weights) -> None:
        self.count = 0
        self._live = live
        self._held = {name: tensor.detach().clone() for name, tensor in live.items()}
        floating = [name for name, tensor in live.items() if tensor.is_floating_point()]
        self._floats = [live[name].detach() for name in floating], [self._held[name] for name in floating]
        self._others = [name for name in live if name not in set(floating)]

    def follow(self, decay: float) -> None:
        """Move towards the live weights: a <- d a + (1 - d) w with d = min(decay, (1 + t) / (10 + t)).

        The decay rises with the updates t, so that the first weights do not weigh on a short training
        (Tan & Le 2019 train with such a ramp; Polyak & Juditsky 1992 for averaging itself).
        """
        self._towards(1.0 - min(decay, (1 + self.count) / (10 + self.count)))

    def include(self) -> None:
        """Take the live weights into the even average (Izmailov et al. 2018, algorithm 1)."""
        self._towards(1.0 / (self.count + 1))

    def _towards(self, share: float) -> None:
        live, held = self._floats
        with torch.no_grad():
            torch._foreach_lerp_(held, live, share)
            for name in self._others:
                self._held[name].copy_(self._live[name])
        self.count += 1

    @contextlib.contextmanager
    def swapped_in(self) -> Iterator[None]:
        """Put the average in the place of the live weights for the length of a block."""
        kept = copied(self._live)
        put(self._live, self._held)
        try:
            yield
        finally:
            put(self._live, kept)

    def state(self) -> dict[str, object]:
        """Return what `load` needs."""
        return {"count": self.count, "held": dict(self._held)}

    def load(self, state: dict[str, object]) -> None:
        """Go on from what `state` returned."""
        self.count = int(state["count"])  # type: ignore[call-overload]
        put(self._held, state["held"])  # type: ignore[arg-type]


def copied(live: Weights) -> Weights:
    """Return copies of tensors."""
    return {name: tensor.detach().clone() for name, tensor in live.items()}


def put(live: Weights, values: Weights) -> None:
    """Write values into tensors, in place."""
    with torch.no_grad():
        for name, tensor in live.items():
            tensor.copy_(values[name])
