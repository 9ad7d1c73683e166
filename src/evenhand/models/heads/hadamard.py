"""The parts of features multiplied."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from evenhand.base.settings.section import option
from evenhand.models.heads.registry import HEADS, Head

if TYPE_CHECKING:
    import torch
    from torch import nn

    from evenhand.models.config import ModelConfig


@HEADS.register("hadamard")
class Hadamard(Head):
    """Each part projected to one width, their elementwise product, then an mlp (Kim et al. 2017).

    A missing part counts as a learned factor, 1 at first. The embedding is the hidden layer of the mlp.
    """

    two_halves: ClassVar[bool] = True

    width: int = option(256, ge=1, unit="units", description="Width that the parts are projected to.")
    decompose: bool = option(
        True, description="Project the direction of a part and the logarithm of its length, instead of the part."
    )

    def build(self, d: int, k: int, model: ModelConfig, generator: torch.Generator) -> nn.Module:
        """Return projections and the mlp, of `head_width` hidden units."""
        from evenhand.models.heads.modules.hadamard import HadamardModule
        from evenhand.models.heads.modules.mlp import MlpModule

        mlp = MlpModule(self.width, model.head_width, k, model.dropout, generator)
        parts = list(getattr(model, "parts", {}).values())
        return HadamardModule(parts, self.width, mlp, model.dropout, generator, decompose=self.decompose)
