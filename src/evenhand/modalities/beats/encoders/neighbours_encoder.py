"""`neighbours`: a beat in the context of the beats before and after it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from evenhand.modalities.beats.encoders.layers import Rhythm, Trunk
from evenhand.modalities.beats.encoders.shapes import Batch, Shapes
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.blocks import WHOLE, Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import ENCODERS


class NeighboursEncoder(nn.Module):
    """A beat compared with its neighbours: all windows through one trunk, then attention from the beat to them.

    "around" (b, 2m + 1, c, t), "known" (b, 2m + 1) and "rhythm" (b, d) -> (b, features). The features are those of
    the beat, of its rhythm, the result of the attention, and the difference between the beat and that. An ectopic
    beat differs from the beats around it, whose shape differs from person to person.
    """

    def __init__(self, shapes: Shapes, *, width: int = 32, heads: int = 4) -> None:
        super().__init__()
        trunk = Trunk(shapes.leads, shapes.samples, widths=(16, 32, 32), kept=4)
        self.window = nn.Sequential(trunk, nn.Linear(trunk.width, width), nn.ReLU(inplace=True))
        self.rhythm = Rhythm(shapes.features, width=width)
        self.place = nn.Parameter(0.02 * torch.randn(1, 2 * shapes.neighbours + 1, width))
        self.look = nn.MultiheadAttention(width, heads, batch_first=True)
        self.middle = shapes.neighbours

    def forward(self, x: Batch) -> Tensor:
        around, known = x["around"], x["known"]
        beats = self.window(around.flatten(0, 1)).unflatten(0, known.shape)
        own, rhythm = beats[:, self.middle], self.rhythm(x["rhythm"])
        asks = (own + rhythm).unsqueeze(1)
        found = self.look(asks, beats + self.place, beats, key_padding_mask=~known, need_weights=False)[0][:, 0]
        return torch.cat([own, found, own - found, rhythm], dim=1)


@ENCODERS.register("neighbours")
def neighbours(model: ModelConfig) -> Encoder:
    """Return a network that reads a beat with `beats.neighbours` neighbours on either side."""
    shapes = Shapes.of(model)
    network = NeighboursEncoder(shapes)
    return Encoder(network, (Block(WHOLE, network),), nn.Identity(), shapes.among())
