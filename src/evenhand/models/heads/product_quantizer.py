"""Codes by product quantisation of a learned embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import model_validator

from evenhand.base.settings.section import option
from evenhand.models.heads.registry import HEADS, Head

if TYPE_CHECKING:
    import torch
    from torch import nn

    from evenhand.models.config import ModelConfig


@HEADS.register("product_quantizer")
class ProductQuantizerHead(Head):
    """A hidden layer, an embedding of unit length, and a linear layer; rows are coded by product quantisation.

    The network is trained on embeddings as they are. After the last epoch codebooks are fitted on those of the
    training rows, and from then on every prediction is that of the code: the linear layer on the centroids. A
    centroid is the mean of the embeddings that it stands for, so that its logits are the mean of theirs; a soft
    assignment would predict better than the stored code can.
    """

    coding: ClassVar[bool] = True

    subspaces: int = option(16, ge=1, le=256, description="Parts of the embedding that are coded each by itself.")
    bits: int = option(4, ge=1, le=8, unit="bits", description="Length of the code of a part: 2**bits centroids.")
    width: int = option(64, ge=1, unit="units", description="Width of the embedding, a multiple of subspaces.")

    @model_validator(mode="after")
    def _even(self) -> ProductQuantizerHead:
        if self.width % self.subspaces:
            raise ValueError(f"width = {self.width} is not a multiple of subspaces = {self.subspaces}")
        return self

    def build(self, d: int, k: int, model: ModelConfig, generator: torch.Generator) -> nn.Module:
        """Return the layers, without codebooks."""
        from evenhand.models.heads.modules.product_quantizer import ProductQuantizerModule

        return ProductQuantizerModule(
            d, model.head_width, self.width, k, (self.subspaces, self.bits), model.dropout, generator
        )
