"""Cosine classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenhand.models.heads.registry import HEADS, Head

if TYPE_CHECKING:
    import torch
    from torch import nn

    from evenhand.models.config import ModelConfig


@HEADS.register("cosine")
class CosineHead(Head):
    """Cosine of the angle to one direction per class, times a learned scale (Gidaris & Komodakis 2018, eq. 4)."""

    def build(self, d: int, k: int, model: ModelConfig, generator: torch.Generator) -> nn.Module:
        """Return a cosine classifier after dropout."""
        from torch import nn

        from evenhand.models.heads.modules.cosine import Cosine
        from evenhand.models.heads.modules.dropout import Dropout

        return nn.Sequential(Dropout(model.dropout), Cosine(d, k, generator))
