"""The labels of the nearest training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from evenhand.base.settings.section import option
from evenhand.models.heads.registry import HEADS, Head

if TYPE_CHECKING:
    import torch
    from torch import nn

    from evenhand.models.config import ModelConfig


@HEADS.register("knn")
class Knn(Head):
    """The share of each label among the nearest training rows.

    Rows weigh exp(cosine / temperature) (Wu et al. 2018, section 3.4). Cells that are not known are left out of the
    shares. One more row, of the base rate of each label, keeps shares from 0 and 1. The network holds the training
    rows: n x d numbers of 16 bits.
    """

    solved: ClassVar[bool] = True

    neighbours: int = option(20, ge=1, unit="rows", description="Training rows that a row gets its labels from.")
    temperature: float = option(
        0.07, gt=0, description="Difference in cosine at which the weight of a row falls to 1/e of a nearer one's."
    )

    def build(self, d: int, k: int, model: ModelConfig, generator: torch.Generator) -> nn.Module:
        """Return the module, with room for the rows that it held when it was saved."""
        from evenhand.models.heads.modules.knn import KnnModule

        return KnnModule(d, k, self.neighbours, self.temperature, rows=getattr(model, "held_rows", 0))
