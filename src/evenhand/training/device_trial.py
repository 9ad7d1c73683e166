"""A trial of a device: one convolution and its gradient, compared with those of the CPU."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from evenhand.training.loop.determinism import allowing_tf32

TOLERANCE = 1e-3
"""Largest difference from the CPU, relative to the largest value; float32 without TF32 stays far below it."""


@cache
def why_unusable(device: torch.device) -> str:
    """Return why a device cannot be trained on, or "" if it can; tried once per process.

    Drivers and cards that torch was not built for are found at the first kernel only, and some compute wrong
    gradients without an error.
    """
    try:
        found = trial_step(device)
    except (RuntimeError, AssertionError, OSError) as error:
        return f"a convolution fails on it ({(str(error) or type(error).__name__).splitlines()[0]})"
    for name, here, there in zip(
        ("output", "input", "weights"), trial_step(torch.device("cpu")), found, strict=True
    ):
        difference = float((here - there).abs().max() / here.abs().max())
        if not difference <= TOLERANCE:  # NaN differs as well
            what = "the result" if name == "output" else f"the gradient of the {name}"
            return f"{what} of a convolution differs from the CPU's by {difference:.2g} of its largest value"
    return ""


def trial_step(device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Return output, gradient of the input and of the weights of a convolution on a device, float32 on the CPU.

    Raises
    ------
    RuntimeError
        If the device cannot do it.
    """
    draws = torch.Generator().manual_seed(0)
    x = torch.randn(2, 8, 16, 16, generator=draws).to(device).requires_grad_()
    weights = torch.randn(8, 8, 3, 3, generator=draws).to(device).requires_grad_()
    with allowing_tf32(False), torch.enable_grad():
        out = functional.conv2d(x, weights, padding=1)
        gradients = torch.autograd.grad(out.square().mean(), (x, weights))
    return out.detach().cpu(), gradients[0].cpu(), gradients[1].cpu()
