"""Elementwise product of the parts of features."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from evenhand.models.heads.modules.dropout import Dropout
from evenhand.models.heads.modules.layers import linear_layer
from evenhand.models.heads.modules.mlp import MlpModule
from evenhand.models.heads.modules.scale import present


class HadamardFusion(nn.Module):
    """Projections of the parts, and their elementwise product: (b, d) -> (b, width).

    Parameters
    ----------
    parts
        Widths of the parts, in order.
    width
        Width that each is projected to.
    decompose
        Whether direction and log-length of a part are projected, instead of the part.
    """

    def __init__(
        self,
        parts: Sequence[int],
        width: int,
        dropout: float,
        generator: torch.Generator,
        *,
        decompose: bool = True,
    ) -> None:
        super().__init__()
        self.widths, self.decompose = list(parts), decompose
        self.dropout = Dropout(dropout)
        self.projections = nn.ModuleList(linear_layer(d, width, d**-0.5, generator) for d in parts)
        # Factors begin at 1 plus a projection: the product of two is then 1 + a + b + ab, which holds each part
        # alone (the biases of Kim et al. 2017, section 3.1), and a missing part leaves the others as they are.
        for layer in self.projections:
            nn.init.ones_(layer.bias)  # type: ignore[arg-type]
        # vectors rather than a matrix: weight decay would draw it to 0, which erases the product
        self.missing = nn.ParameterList(torch.ones(width) for _ in self.widths)
        if decompose:
            spread = torch.empty(len(self.widths), width).normal_(0.0, 0.1, generator=generator)
            self.lengths = nn.Parameter(spread)

    def forward(self, x: Tensor) -> Tensor:
        return self.fused(x)

    def fused(self, x: Tensor) -> Tensor:
        """Return the (b, width) product of the factors of all parts."""
        factors = [self._factor(at, part) for at, part in enumerate(torch.split(x, self.widths, dim=1))]
        return torch.stack(factors).prod(dim=0)

    def _factor(self, at: int, part: Tensor) -> Tensor:
        project = self.projections[at]
        if self.decompose:
            direction, length = decomposed(part)
            factor = project(self.dropout(direction)) + length * self.lengths[at]
        else:
            factor = project(self.dropout(part))
        return torch.where(present(part)[:, None], factor, self.missing[at].to(factor.dtype))


class HadamardModule(HadamardFusion):
    """The product of the parts' projections, and an mlp: (b, d) -> (b, k).

    Parameters
    ----------
    parts, width, dropout, generator, decompose
        As of `HadamardFusion`.
    mlp
        (b, width) -> (b, k).
    """

    def __init__(
        self,
        parts: Sequence[int],
        width: int,
        mlp: MlpModule,
        dropout: float,
        generator: torch.Generator,
        *,
        decompose: bool = True,
    ) -> None:
        super().__init__(parts, width, dropout, generator, decompose=decompose)
        self.mlp = mlp

    def forward(self, x: Tensor) -> Tensor:
        return self.mlp(self.fused(x))  # type: ignore[no-any-return]

    def embedding(self, x: Tensor) -> Tensor:
        """Return the hidden layer of the mlp, (b, head_width)."""
        return self.mlp.embedding(self.fused(x))


def decomposed(part: Tensor, *, least: float = 1e-12) -> tuple[Tensor, Tensor]:
    """Return directions (b, d) of root mean square 1, and (b, 1) the logarithm of a part's root mean square."""
    # the bound keeps the gradient of the root finite where a part is missing
    size = (part.square().mean(dim=1, keepdim=True) + least).sqrt()
    return part / size, size.log().clamp_min(math.log(1e-3))
