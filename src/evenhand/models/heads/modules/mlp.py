"""One hidden layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from evenhand.models.heads.modules.dropout import Dropout
from evenhand.models.heads.modules.layers import linear_layer


class MlpModule(nn.Sequential):
    """Dropout, hidden layer, GELU, dropout, output layer: (b, d) -> (b, k)."""

    def __init__(self, d: int, width: int, k: int, dropout: float, generator: torch.Generator) -> None:
        super().__init__(
            Dropout(dropout),
            linear_layer(d, width, (2.0 / d) ** 0.5, generator),
            nn.GELU(),
            Dropout(dropout),
            linear_layer(width, k, 0.01, generator),
        )

    def embedding(self, x: Tensor) -> Tensor:
        """Return the hidden layer, (b, width)."""
        dropout, hidden, activation, *_ = self
        return activation(hidden(dropout(x)))  # type: ignore[no-any-return]
