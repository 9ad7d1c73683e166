"""`resnet1d`: a residual network over a beat's window, concatenated with its rhythm features."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from evenhand.modalities.beats.encoders.layers import Rhythm, Trunk
from evenhand.modalities.beats.encoders.shapes import Batch, Shapes
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.blocks import WHOLE, Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import ENCODERS


class WindowAndRhythm(nn.Module):
    """Concatenated features of window and rhythm: "signal" (b, c, t) and "rhythm" (b, d) -> (b, features).

    Parameters
    ----------
    window
        (b, c, t) -> (b, width).
    rhythm
        (b, d) -> (b, width).
    """

    def __init__(self, window: nn.Module, rhythm: nn.Module) -> None:
        super().__init__()
        self.window = window
        self.rhythm = rhythm

    def forward(self, x: Batch) -> Tensor:
        return torch.cat([self.window(x["signal"]), self.rhythm(x["rhythm"])], dim=1)


@ENCODERS.register("resnet1d")
def resnet1d(model: ModelConfig) -> Encoder:
    """Return a residual network over a beat's window and its rhythm features (0.07 million weights)."""
    shapes = Shapes.of(model)
    network = WindowAndRhythm(Trunk(shapes.leads, shapes.samples), Rhythm(shapes.features))
    return Encoder(network, (Block(WHOLE, network),), nn.Identity(), shapes.alone())
