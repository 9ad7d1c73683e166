"""Cosine classifier."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Cosine(nn.Module):
    """Cosine of the angle to one direction per class, times a learned scale (Gidaris & Komodakis 2018, eq. 4).

    (b, d) -> (b, k) in [-scale, scale]. The norm of the weights, which is smaller for rare classes, has no effect.
    """

    def __init__(self, d: int, k: int, generator: torch.Generator, scale: float = 16.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(k, d).normal_(generator=generator))
        self.log_scale = nn.Parameter(torch.tensor(scale).log())

    def forward(self, x: Tensor) -> Tensor:
        cosine = functional.linear(functional.normalize(x, dim=1), functional.normalize(self.weight, dim=1))
        return cosine * self.log_scale.exp()
