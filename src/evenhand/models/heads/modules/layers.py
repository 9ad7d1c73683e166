"""Layers initialised from a generator of their own."""

from __future__ import annotations

import torch
from torch import nn


def linear_layer(d: int, k: int, std: float, generator: torch.Generator) -> nn.Linear:
    """Return a linear layer d -> k with normal weights of deviation `std` and biases of 0."""
    # on meta first: torch initialises a layer by the global generator
    layer = nn.Linear(d, k, device="meta").to_empty(device="cpu")
    with torch.no_grad():
        layer.weight.normal_(0.0, std, generator=generator)
        layer.bias.zero_()
    return layer
