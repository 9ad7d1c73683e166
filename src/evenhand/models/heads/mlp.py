"""One hidden layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenhand.models.heads.registry import HEADS, Head

if TYPE_CHECKING:
    import torch
    from torch import nn

    from evenhand.models.config import ModelConfig


@HEADS.register("mlp")
class Mlp(Head):
    """One hidden layer of `head_width` units (He et al. 2015 initialisation), GELU, dropout before each layer.

    Its embedding is the hidden layer.
    """

    def build(self, d: int, k: int, model: ModelConfig, generator: torch.Generator) -> nn.Module:
        """Return the two layers."""
        from evenhand.models.heads.modules.mlp import MlpModule

        return MlpModule(d, model.head_width, k, model.dropout, generator)
