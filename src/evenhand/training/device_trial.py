"""A trial of a device: a convolution, a batch normalisation and their gradients, compared with those of the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from evenhand.training.loop.determinism import allowing_tf32

TOLERANCE = 1e-3
"""Largest difference from the CPU, relative to the largest value; float32 without TF32 stays far below it."""


def gpus() -> Iterator[torch.device]:
    """Yield the GPUs that torch sees, in the order in which `device = "auto"` tries them."""
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        yield torch.device("cuda", index)
    if torch.backends.mps.is_available():
        yield torch.device("mps")


@cache
def why_unusable(device: torch.device) -> str:
    """Return why a device cannot be trained on, or "" if it can; tried once per process.

    Drivers and cards that torch was not built for are found at the first kernel only, and some compute wrong
    gradients without an error.
    """
    try:
        found = trial_step(device)
    except (RuntimeError, AssertionError, OSError, TypeError) as error:
        return f"a convolution fails on it ({(str(error) or type(error).__name__).splitlines()[0]})"
    for name, here, there in zip(
        ("output", "input", "weights", "factors"), trial_step(torch.device("cpu")), found, strict=True
    ):
        difference = float((here - there).abs().max() / here.abs().max())
        if not difference <= TOLERANCE:  # NaN differs as well
            what = "the result" if name == "output" else f"the gradient of the {name}"
            return (
                f"{what} of a convolution and batch normalisation differs from the CPU's by {difference:.2g} "
                "of its largest value"
            )
    return ""


def trial_step(device: torch.device) -> tuple[Tensor, ...]:
    """Return the output of a convolution and batch normalisation on a device, float32 on the CPU, and gradients.

    Those of the input, of the weights, and of the factors of the normalisation.

    Raises
    ------
    RuntimeError
        If the device cannot do it.
    """
    draws = torch.Generator().manual_seed(0)
    x, weights, goal, factors = (
        torch.randn(shape, generator=draws).to(device)
        for shape in ((2, 8, 16, 16), (8, 8, 3, 3), (2, 8, 16, 16), (8,))
    )
    given = [part.requires_grad_() for part in (x, weights, factors)]
    with allowing_tf32(False), torch.enable_grad():
        out = functional.batch_norm(
            functional.conv2d(x, weights, padding=1), None, None, weight=factors, training=True
        )
        gradients = torch.autograd.grad((out - goal).square().mean(), given)
    return tuple(part.detach().cpu() for part in (out, *gradients))
