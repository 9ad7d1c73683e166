"""Overflow of fp16: whether gradients are finite, and buffers that a skipped step leaves as they were.

Nothing here reads from the device: what depends on an overflow is selected there.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


def are_finite(parameters: Iterable[Tensor]) -> Tensor:
    """Return () bool, on the device of the gradients: whether those of all parameters are finite numbers."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if not gradients:
        return torch.tensor(True)
    return torch.isfinite(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients))))


class KeptBuffers:
    """The buffers of a module before a step.

    The loss scaler undoes nothing but the update of the weights. A forward pass that overflowed has already put
    infinity or NaN into the running statistics of batch normalisation, which keep them for good: of NaN, every
    later average is NaN too.

    Parameters
    ----------
    module
        Its buffers must stay the same tensors.
    """

    def __init__(self, module: nn.Module) -> None:
        self._live = list(module.buffers())
        self._kept = [buffer.detach().clone() for buffer in self._live]

    def keep(self) -> None:
        """Keep the present values."""
        with torch.no_grad():
            for kept, live in zip(self._kept, self._live, strict=True):
                kept.copy_(live)

    def restore_unless(self, finite: Tensor) -> None:
        """Restore the kept values unless `finite`, () bool, is true."""
        with torch.no_grad():
            for kept, live in zip(self._kept, self._live, strict=True):
                live.copy_(torch.where(finite, live, kept))
