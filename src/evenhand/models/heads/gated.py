"""A gate between the parts of features."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from evenhand.base.settings.section import option
from evenhand.models.heads.registry import HEADS, Head

if TYPE_CHECKING:
    import torch
    from torch import nn

    from evenhand.models.config import ModelConfig


@HEADS.register("gated")
class Gated(Head):
    """Gated multimodal units (Arevalo et al. 2017): each unit mixes the parts by a gate of its own; then an mlp.

    A missing part has a gate of 0. The embedding is the hidden layer of the mlp.
    """

    two_halves: ClassVar[bool] = True

    width: int = option(256, ge=1, unit="units", description="Number of gated units.")

    def build(self, d: int, k: int, model: ModelConfig, generator: torch.Generator) -> nn.Module:
        """Return units, gates and the mlp, of `head_width` hidden units."""
        from evenhand.models.heads.modules.gated import GatedModule
        from evenhand.models.heads.modules.mlp import MlpModule

        mlp = MlpModule(self.width, model.head_width, k, model.dropout, generator)
        parts = list(getattr(model, "parts", {}).values())
        return GatedModule(parts, self.width, mlp, model.dropout, generator)
