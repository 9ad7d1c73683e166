"""Encoders of photos without pretrained weights, for trials, tests and very small pictures."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from evenhand.models.config import ModelConfig
from evenhand.models.encoders.blocks import Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import ENCODERS
from evenhand.models.pooling import Pool


class Small(nn.Module):
    """A plain convolutional network: (b, 3, h, w) -> (b, 128, h / 8, w / 8), 0.29 million weights."""

    def __init__(self) -> None:
        super().__init__()
        widths = (16, 32, 64, 128)
        self.stem = _block(3, widths[0], stride=1)
        self.blocks = nn.ModuleList(
            nn.Sequential(_block(a, b, stride=2), _block(b, b, stride=1)) for a, b in pairwise(widths)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return x


def _block(a: int, b: int, *, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(a, b, 3, stride=stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(b), nn.ReLU(inplace=True))


@ENCODERS.register("small")
def small(model: ModelConfig) -> Encoder:
    """Return a small convolutional network with random weights; its blocks are stem and blocks.0 to blocks.2."""
    network = Small()
    blocks = [Block("stem", network.stem, ("stem",))]
    blocks += [Block(f"blocks.{i}", block, (f"blocks.{i}",)) for i, block in enumerate(network.blocks)]
    return Encoder(network, tuple(blocks), Pool("avg"), torch.randn(1, 3, 32, 32))
