"""Binary codes, learned with the classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from evenhand.base.settings.section import option
from evenhand.models.heads.registry import HEADS, Head

if TYPE_CHECKING:
    import torch
    from torch import nn

    from evenhand.models.config import ModelConfig


@HEADS.register("hash")
class Hash(Head):
    """A hidden layer, codes in -1..1 by tanh, and a linear layer on the codes (Liu et al. 2016, Cao et al. 2017).

    The signs of the codes are the bits; the codes are the embedding too. Four terms of the loss shape them, each
    times its weight; 0 leaves one out.
    """

    coding: ClassVar[bool] = True

    bits: int = option(64, ge=1, le=4096, unit="bits", description="Length of a code.")
    quantisation: float = option(
        0.1, ge=0, description="Weight of the mean of 1 - |h|, the distance of codes from -1 and 1."
    )
    balance: float = option(
        0.1, ge=0, description="Weight of the mean square of a bit's mean: each is to be 1 in half of the rows."
    )
    decorrelation: float = option(
        0.1, ge=0, description="Weight of the mean square of the products of two bits, averaged over rows."
    )
    cosine: float = option(
        0.1,
        ge=0,
        description="Weight of the mean square of the cosine of two rows' codes minus that of their labels.",
    )
    fusion: Literal["none", "hadamard"] = option(
        "none",
        description='What joins the parts of the features first: nothing, or their product as in "hadamard".',
    )
    fusion_width: int = option(256, ge=1, unit="units", description="Width of that product.")
    decompose: bool = option(True, description="Of that product, as in `hadamard`.")
    binary: bool = option(
        False, description="Predict from the bits, which is all that a database holds, instead of the codes."
    )

    @property
    def joins_halves(self) -> bool:
        """Whether the parts of the features are multiplied."""
        return self.fusion == "hadamard"

    def build(self, d: int, k: int, model: ModelConfig, generator: torch.Generator) -> nn.Module:
        """Return the layers, whose losses weigh what the options say."""
        from evenhand.models.heads.modules.hadamard import HadamardFusion
        from evenhand.models.heads.modules.hash import HashModule

        weights = {name: getattr(self, name) for name in ("quantisation", "balance", "decorrelation", "cosine")}
        fusion, width = None, d
        if self.fusion == "hadamard":
            parts, width = list(getattr(model, "parts", {}).values()), self.fusion_width
            fusion = HadamardFusion(parts, width, model.dropout, generator, decompose=self.decompose)
        return HashModule(
            width,
            model.head_width,
            self.bits,
            k,
            model.dropout,
            weights,
            generator,
            binary=self.binary,
            fusion=fusion,
        )
