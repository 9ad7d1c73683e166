"""Gates between the parts of features."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from evenhand.models.heads.modules.dropout import Dropout
from evenhand.models.heads.modules.layers import linear_layer
from evenhand.models.heads.modules.mlp import MlpModule
from evenhand.models.heads.modules.scale import present


class GatedModule(nn.Module):
    """Gated multimodal units, an mlp: (b, d) -> (b, k).

    h = sum over parts p of z_p * tanh(W_p x_p), z the softmax over parts of V x (Arevalo et al. 2017, section 3;
    their sigmoid is this softmax for two parts).

    Parameters
    ----------
    parts
        Widths of the parts, in order.
    width
        Number of units.
    mlp
        (b, width) -> (b, k).
    """

    def __init__(
        self, parts: Sequence[int], width: int, mlp: MlpModule, dropout: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.widths = list(parts)
        self.dropout = Dropout(dropout)
        self.units = nn.ModuleList(linear_layer(d, width, d**-0.5, generator) for d in parts)
        self.gate = linear_layer(sum(parts), len(self.widths) * width, 0.01, generator)  # nearly even at first
        self.mlp = mlp

    def forward(self, x: Tensor) -> Tensor:
        return self.mlp(self.fused(x))  # type: ignore[no-any-return]

    def embedding(self, x: Tensor) -> Tensor:
        """Return the hidden layer of the mlp, (b, head_width)."""
        return self.mlp.embedding(self.fused(x))

    def fused(self, x: Tensor) -> Tensor:
        """Return the (b, width) units."""
        here = torch.stack([present(part) for part in torch.split(x, self.widths, dim=1)], dim=1)
        x = self.dropout(x)
        parts = torch.split(x, self.widths, dim=1)
        units = [torch.tanh(unit(part)) for unit, part in zip(self.units, parts, strict=True)]
        return (self.gates(x, here) * torch.stack(units, dim=1)).sum(dim=1)

    def gates(self, x: Tensor, here: Tensor) -> Tensor:
        """Return (b, parts, width) gates with a sum of 1 over parts, 0 for those that are missing.

        Parameters
        ----------
        here
            (b, parts) bool, which parts are not missing.
        """
        open_to = here | ~here.any(dim=1, keepdim=True)  # where nothing is there, the gates do not matter
        logits: Tensor = torch.unflatten(self.gate(x), 1, (len(self.widths), -1))
        return logits.masked_fill(~open_to[:, :, None], -torch.inf).softmax(dim=1)
