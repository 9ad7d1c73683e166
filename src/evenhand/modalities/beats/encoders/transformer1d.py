"""`transformer1d`: a transformer over a beat's window as tokens, with its rhythm as a further token."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from evenhand.modalities.beats.encoders.layers import Rhythm
from evenhand.modalities.beats.encoders.shapes import Batch, Shapes
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.blocks import WHOLE, Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import ENCODERS


class BeatTransformer(nn.Module):
    """A small pre-norm transformer over segments of a window (Vaswani et al. 2017).

    "signal" (b, c, t) and "rhythm" (b, d) -> (b, width). Two strided convolutions make a token of every eight
    samples; the output at the token of the rhythm is returned.
    """

    def __init__(self, shapes: Shapes, *, width: int = 48, heads: int = 4, layers: int = 2) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv1d(shapes.leads, width // 2, 7, 4, 3, bias=False),
            nn.BatchNorm1d(width // 2),
            nn.ReLU(inplace=True),
            nn.Conv1d(width // 2, width, 3, 2, 1),
        )
        self.rhythm = Rhythm(shapes.features, width=width)
        length = (shapes.samples + 7) // 8
        self.place = nn.Parameter(0.02 * torch.randn(1, length, width))
        self.layers = nn.Sequential(
            *(
                nn.TransformerEncoderLayer(
                    width, heads, 2 * width, dropout=0.1, activation="gelu", batch_first=True, norm_first=True
                )
                for _ in range(layers)
            ),
            nn.LayerNorm(width),
        )

    def forward(self, x: Batch) -> Tensor:
        window = self.stem(x["signal"]).transpose(1, 2) + self.place
        beat = self.rhythm(x["rhythm"]).unsqueeze(1)
        return self.layers(torch.cat([beat, window], dim=1))[:, 0]  # type: ignore[no-any-return]


@ENCODERS.register("transformer1d")
def transformer1d(model: ModelConfig) -> Encoder:
    """Return a small transformer over a beat's window and its rhythm features (0.05 million weights)."""
    shapes = Shapes.of(model)
    network = BeatTransformer(shapes)
    return Encoder(network, (Block(WHOLE, network),), nn.Identity(), shapes.alone())
