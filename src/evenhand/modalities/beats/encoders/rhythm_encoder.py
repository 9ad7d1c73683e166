"""`rhythm`: what was measured of a beat, and nothing else: its rhythm and its likeness to others of its record.

Few persons teach a network what a heartbeat looks like, and what it learns from their windows are those persons.
Ratios of intervals and likenesses mean the same in everyone.
"""

from __future__ import annotations

from torch import Tensor, nn

from evenhand.modalities.beats.encoders.shapes import Batch, Shapes
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.blocks import WHOLE, Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import ENCODERS


class Measured(nn.Module):
    """The rhythm features of a beat, put on one scale, through one layer: "rhythm" (b, d) -> (b, width).

    A head with a hidden layer (head = "mlp") makes a network of two hidden layers of it.
    """

    def __init__(self, features: int, *, width: int = 64, dropout: float = 0.3) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.BatchNorm1d(features, affine=False),
            nn.Linear(features, width),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
        )

    def forward(self, x: Batch) -> Tensor:
        return self.layers(x["rhythm"])  # type: ignore[no-any-return]


@ENCODERS.register("rhythm")
def rhythm(model: ModelConfig) -> Encoder:
    """Return a layer over the rhythm features of a beat; its window is not looked at."""
    shapes = Shapes.of(model)
    network = Measured(shapes.features)
    return Encoder(network, (Block(WHOLE, network),), nn.Identity(), {"rhythm": shapes.alone()["rhythm"]})
