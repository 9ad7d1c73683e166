"""Norms of gradients, updates and weights, at a few steps of each epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

Parameters = Sequence[Tensor]

_NAMES = ("gradient_norm", "gradient_norm_largest", "weight_norm", "update")


class GradientNorms:
    """Norms over all trained parameters, at `samples` steps of an epoch at most; read from the device at its end.

    Each costs about one pass over the parameters, which would slow a small head down at every step.

    Parameters
    ----------
    steps
        Steps of the epoch.
    samples
        Steps that are measured, evenly spaced.
    """

    def __init__(self, steps: int, samples: int = 2) -> None:
        every = max(1, -(-steps // samples))
        self._due = set(range(every // 2, steps, every)) if steps > samples else {steps - 1}
        self._step = -1
        self._before: list[Tensor] = []
        self._norms: list[Tensor] = []

    def before(self, parameters: Parameters) -> None:
        """Measure the parameters with their gradients before a step; called before clipping."""
        self._step += 1
        if self._step in self._due:
            moved = [p for p in parameters if p.grad is not None]
            # Frozen and unused parameters have no gradient and do not move.
            self._before = [p.detach().clone() for p in moved]
            gradients = [p.grad for p in moved if p.grad is not None]
            self._norms += [_norm(gradients), _norm(self._before)]

    def after(self, parameters: Parameters) -> None:
        """Measure them after it, with their gradients still present."""
        if self._step in self._due:
            moved = [p.detach() for p in parameters if p.grad is not None]
            with torch.no_grad():
                self._norms.append(_norm(torch._foreach_sub(moved, self._before)))
            self._before = []

    def read(self) -> dict[str, Any]:
        """Return the norms: of the gradient (median and largest), of the weights, and the relative update.

        `update` is the median norm of a step over the norm of the weights.
        """
        if not self._norms:
            return dict.fromkeys(_NAMES)
        # three norms for each measured step, in the order in which `before` and `after` append them
        table = torch.stack(self._norms).cpu().double().reshape(-1, 3)
        # A gradient that is not finite and moved nothing: fp16 overflowed, and the loss scaler skipped the step.
        skipped = ~torch.isfinite(table[:, 0]) & (table[:, 2] == 0)
        if skipped.all():
            return dict.fromkeys(_NAMES)
        gradient, weight, step = table[~skipped].T
        update = (step / weight.clamp_min(1e-12)).median()
        found = map(float, (gradient.median(), gradient.max(), weight[-1], update))
        return {name: value if math.isfinite(value) else None for name, value in zip(_NAMES, found, strict=True)}


def _norm(tensors: Sequence[Tensor]) -> Tensor:
    """Return the norm over all tensors together, on their device."""
    if not tensors:
        return torch.zeros(())
    norms: list[Tensor] = list(torch._foreach_norm(list(tensors)))
    out: Tensor = torch.linalg.vector_norm(torch.stack(norms).float())
    return out
