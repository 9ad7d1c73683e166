"""`scan_cnn2d`: a 2-D convolutional network over a scan, its lines normalised one by one."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from evenhand.modalities.scanlines.encoders.layers import (
    LineNorm,
    ScannedBatchNorm,
    ScanResidual,
    halved,
    held,
    scan_pool,
)
from evenhand.modalities.scanlines.encoders.shapes import Batch, Shapes
from evenhand.modalities.scanlines.options import ScanCnn2dOptions
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.blocks import WHOLE, Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import ENCODERS

NORMS: dict[str, type[nn.Module]] = {"batch": ScannedBatchNorm, "line": LineNorm}
"""Values of `options.norm`."""


class ScanCnn2d(nn.Module):
    """A residual network over lines and width: "lines" (b, l, c, w) and "mask" (b, l) -> (b, features)."""

    def __init__(self, directions: int, options: ScanCnn2dOptions) -> None:
        super().__init__()
        norm = NORMS[options.norm]
        # Channels grow half as fast as maps shrink, up to four times the first: small data.
        widths = [options.width * min(4, 1 + depth) for depth in range(options.layers)]
        self.stem = nn.Conv2d(directions, widths[0], 5, stride=2, padding=2, bias=False)
        self.stem_norm = norm(widths[0])
        self.blocks = nn.ModuleList(
            ScanResidual(a, b, norm, options.dropout) for a, b in pairwise((widths[0], *widths))
        )

    def forward(self, batch: Batch) -> Tensor:
        x, mask = batch["lines"].transpose(1, 2), batch["mask"]
        x, mask = self.stem(x), halved(mask)
        x = held(functional.relu(self.stem_norm(x, mask)), mask)
        for block in self.blocks:
            x, mask = block(x, mask)
        return scan_pool(x, mask)


@ENCODERS.register("scan_cnn2d")
def scan_cnn2d(model: ModelConfig) -> Encoder:
    """Return a 2-D convolutional network over the lines of a scan (0.2 million weights)."""
    options = ScanCnn2dOptions.model_validate(model.options)
    shapes = Shapes.of(model)
    network = ScanCnn2d(shapes.directions, options)
    return Encoder(network, (Block(WHOLE, network),), nn.Identity(), shapes.example())
