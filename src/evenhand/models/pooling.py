"""From a map, of 16 or 32 bits, to one float32 feature vector per row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn


class OwnPool(nn.Module):
    """The pooling that a timm network was trained with: its last map -> (b, d).

    Parts of the network after the last block (a norm, a layer before the classifier) belong to it.
    """

    def __init__(self, backbone: nn.Module, stages: Sequence[nn.Module]) -> None:
        super().__init__()
        self._backbone = (backbone,)  # in a tuple, so that torch does not register it as a submodule
        used = {id(module) for stage in stages for module in stage.modules()}
        for name, child in backbone.named_children():
            if id(child) not in used:
                self.add_module(name, child)

    def forward(self, x: Tensor) -> Tensor:
        whole: Any = self._backbone[0]
        return whole.forward_head(x.float(), pre_logits=True)  # type: ignore[no-any-return]


class Pool(nn.Module):
    """A way of pooling by name: (b, c, h, w) maps or (b, t, c) tokens -> (b, c)."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, x: Tensor) -> Tensor:
        return POOLS[self.name](x)


def average(x: Tensor) -> Tensor:
    """Return the mean over positions: (b, c, h, w) or (b, t, c) -> (b, c)."""
    return x.mean((2, 3) if x.ndim == 4 else 1, dtype=torch.float32)


def maximum(x: Tensor) -> Tensor:
    """Return the maximum over positions: (b, c, h, w) or (b, t, c) -> (b, c)."""
    return x.amax((2, 3) if x.ndim == 4 else 1).float()


def generalised_mean(x: Tensor, *, power: float = 3.0, least: float = 1e-6) -> Tensor:
    """Return the power mean over positions (Radenović et al. 2018, eq. 2), between mean and maximum."""
    return average(x.float().clamp_min(least).pow(power)).pow(1.0 / power)


POOLS: dict[str, Callable[[Tensor], Tensor]] = {"avg": average, "max": maximum, "gem": generalised_mean}
"""Ways of pooling by name."""
