"""`rhythm`: the measured features of a beat only: RR intervals and similarity to other beats of its record.

From the windows of a few persons a network learns those persons. Ratios of intervals and similarities have the same
meaning in everyone.
"""

from __future__ import annotations

from torch import Tensor, nn

from evenhand.modalities.beats.encoders.shapes import Batch, Shapes
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.blocks import WHOLE, Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import ENCODERS


class RhythmEncoder(nn.Module):
    """One layer over the normalised rhythm features of a beat: "rhythm" (b, d) -> (b, width).

    With a hidden layer in the head (head = "mlp") it becomes a network of two hidden layers.
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
    """Return a layer over the rhythm features of a beat; its window is not used."""
    shapes = Shapes.of(model)
    network = RhythmEncoder(shapes.features)
    return Encoder(network, (Block(WHOLE, network),), nn.Identity(), {"rhythm": shapes.alone()["rhythm"]})
