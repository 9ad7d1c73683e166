"""How far the weights move: norms of gradients, steps and weights, at a few steps of each epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

Parameters = Sequence[Tensor]


class GradientNorms:
    """Norms over all trained parameters, at `looks` steps of an epoch at most; read from the device at its end.

    A look costs about one pass over the parameters, which a small head would feel at every step.

    Parameters
    ----------
    steps
        Steps of the epoch.
    looks
        How many of them are looked at, spread evenly.
    """

    def __init__(self, steps: int, looks: int = 2) -> None:
        every = max(1, -(-steps // looks))
        self._due = set(range(every // 2, steps, every)) if steps > looks else {steps - 1}
        self._step = -1
        self._before: list[Tensor] = []
        self._norms: list[Tensor] = []

    def before(self, parameters: Parameters) -> None:
        """See the parameters with their gradients, clipped or not, before a step."""
        self._step += 1
        if self._step in self._due:
            moved = [p for p in parameters if p.grad is not None]
            self._before = [p.detach().clone() for p in moved]
            gradients = [p.grad for p in moved if p.grad is not None]
            self._norms += [_norm(gradients), _norm(self._before)]

    def after(self, parameters: Parameters) -> None:
        """See them after it, their gradients still there."""
        if self._step in self._due:
            moved = [p.detach() for p in parameters if p.grad is not None]
            with torch.no_grad():
                self._norms.append(_norm(torch._foreach_sub(moved, self._before)))
            self._before = []

    def read(self) -> dict[str, Any]:
        """Return the norms: of the gradient (median and largest), of the weights, and of a step beside them.

        `update` is the norm of a step over the norm of the weights, the median of those looked at.
        """
        if not self._norms:
            return {"gradient_norm": None, "gradient_norm_largest": None, "weight_norm": None, "update": None}
        gradient, weight, step = torch.stack(self._norms).double().cpu().reshape(-1, 3).T
        found = {
            "gradient_norm": float(gradient.median()),
            "gradient_norm_largest": float(gradient.max()),
            "weight_norm": float(weight[-1]),
            "update": float((step / weight.clamp_min(1e-12)).median()),
        }
        return {name: value if math.isfinite(value) else None for name, value in found.items()}


def _norm(tensors: Sequence[Tensor]) -> Tensor:
    """Return the norm over all tensors together, on their device."""
    if not tensors:
        return torch.zeros(())
    norms: list[Tensor] = list(torch._foreach_norm(list(tensors)))
    out: Tensor = torch.linalg.vector_norm(torch.stack(norms).float())
    return out
