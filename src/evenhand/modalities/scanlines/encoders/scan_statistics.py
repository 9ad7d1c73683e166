"""`scan_statistics`: spectra and statistics of lines as the features of a model, without a network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from evenhand.modalities.scanlines.encoders.shapes import STATISTICS, Batch
from evenhand.modalities.scanlines.features.line_statistics import OF_LINES
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.blocks import WHOLE, Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import ENCODERS


class ScanStatistics(nn.Module):
    """The features as they come: "statistics" (b, d) -> (b, d). It has no weights."""

    def forward(self, batch: Batch) -> Tensor:
        return batch[STATISTICS]


@ENCODERS.register("scan_statistics")
def scan_statistics(model: ModelConfig) -> Encoder:
    """Return the features of the floor, without the disagreement of directions, which is of whole scans."""
    network = ScanStatistics()
    return Encoder(network, (Block(WHOLE, network),), nn.Identity(), {STATISTICS: torch.zeros(2, len(OF_LINES))})
