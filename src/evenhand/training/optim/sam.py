"""Sharpness-aware minimisation (SAM): the gradient at the worst weights nearby."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor


@contextlib.contextmanager
def sam_perturb(parameters: Sequence[Tensor], radius: float) -> Iterator[None]:
    """Move the weights `radius` along the gradient within a block, gradients cleared (Foret et al. 2021, eq. 2).

    w + radius * g / ||g||, with the norm over all parameters. On leaving, the weights are restored bit for bit, and
    the gradients are those of the block. A norm that is not finite (an overflow of fp16, after which the loss
    scaler skips the step) moves nothing: weights of NaN would reach what a forward pass leaves behind.
    """
    moved = [parameter for parameter in parameters if parameter.grad is not None]
    before = [parameter.detach().clone() for parameter in moved]  # subtracting again would leave rounding errors
    with torch.no_grad():
        gradients = [parameter.grad for parameter in moved if parameter.grad is not None]
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        # a gradient of 0 moves nothing, instead of dividing by 0
        scale = radius / (norm + 1e-12)
        finite = torch.isfinite(norm)
        for parameter, gradient in zip(moved, gradients, strict=True):
            # selected on the device: an `if` would wait for it. Not `gradient * 0`, which is NaN for infinity.
            parameter.add_(torch.where(finite, gradient * scale, 0.0))
            parameter.grad = None
    try:
        yield
    finally:
        with torch.no_grad():
            for parameter, value in zip(moved, before, strict=True):
                parameter.copy_(value)
