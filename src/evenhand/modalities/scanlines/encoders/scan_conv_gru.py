"""`scan_conv_gru`: convolutions over a few lines, then a recurrent network over all lines so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor, nn

from evenhand.modalities.scanlines.encoders.line_by_line import LineByLine
from evenhand.modalities.scanlines.encoders.line_encoder import LineEncoder, RunningPool, at_last_line
from evenhand.modalities.scanlines.encoders.shapes import Batch, Shapes
from evenhand.modalities.scanlines.options import ScanConvGruOptions
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.blocks import WHOLE, Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import ENCODERS


class ScanConvGru(nn.Module):
    """Causal convolutions and a gated recurrent unit (Cho et al. 2014) over the lines of a scan.

    After Gordon et al. 2020 (convolutions and an LSTM on parts of scans): "lines", "mask" and "steps" ->
    (b, features), or while training with a loss at every line (b, l, features), the features after each line.
    """

    def __init__(self, shapes: Shapes, options: ScanConvGruOptions) -> None:
        super().__init__()
        self.lines = LineEncoder(
            shapes.directions,
            options.width,
            channels=options.channels,
            convolutions=options.convolutions,
            dropout=options.dropout,
        )
        self.recurrent = nn.GRU(
            options.width,
            options.width,
            options.layers,
            batch_first=True,
            dropout=options.dropout if options.layers > 1 else 0.0,
        )
        self.pool = RunningPool()
        self.every_line = options.loss_at == "every_line"

    def forward(self, batch: Batch) -> Tensor:
        """Return the features after the last line that was scanned; in training, after every line if asked."""
        mask = batch["mask"]
        x = self.lines(batch["lines"], batch["steps"], mask)
        out, _ = self.recurrent(x)
        # Beside the state of the recurrent unit what the lines themselves show: a short way for the gradient.
        features = at_last_line(self.pool(torch.cat([out, x], dim=2), mask), mask)
        return features if self.training and self.every_line else features[:, -1]

    def stepper(self, others: Sequence[Self]) -> LineByLine:
        """Return the features of this and further networks, line by line; see `Stepwise`."""
        networks = [self, *others]
        return LineByLine([one.lines for one in networks], [one.recurrent for one in networks])


@ENCODERS.register("scan_conv_gru")
def scan_conv_gru(model: ModelConfig) -> Encoder:
    """Return causal convolutions and a recurrent unit over lines, at constant cost per line."""
    options = ScanConvGruOptions.model_validate(model.options)
    shapes = Shapes.of(model)
    network = ScanConvGru(shapes, options)
    return Encoder(network, (Block(WHOLE, network),), nn.Identity(), shapes.example("lines", "mask", "steps"))
