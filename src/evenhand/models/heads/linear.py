"""One linear layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenhand.models.heads.registry import HEADS, Head

if TYPE_CHECKING:
    import torch
    from torch import nn

    from evenhand.models.config import ModelConfig


@HEADS.register("linear")
class Linear(Head):
    """One linear layer after dropout; weights start near zero."""

    def build(self, d: int, k: int, model: ModelConfig, generator: torch.Generator) -> nn.Module:
        """Return dropout and the layer."""
        from torch import nn

        from evenhand.models.heads.modules.dropout import Dropout
        from evenhand.models.heads.modules.layers import linear_layer

        return nn.Sequential(Dropout(model.dropout), linear_layer(d, k, 0.01, generator))
