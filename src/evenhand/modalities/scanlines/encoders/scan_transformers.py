"""`scan_causal` and `scan_vit`: attention over the lines of a scan, to those before or to all."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from evenhand.modalities.scanlines.encoders.line_encoder import LineEncoder, RunningPool, at_last_line
from evenhand.modalities.scanlines.encoders.shapes import Batch, Shapes
from evenhand.modalities.scanlines.options import ScanCausalOptions, ScanTransformerOptions
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.blocks import WHOLE, Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import ENCODERS


class AttentionBlock(nn.Module):
    """Pre-norm transformer block (Vaswani et al. 2017; Xiong et al. 2020): (b, l, d) -> (b, l, d)."""

    def __init__(self, width: int, heads: int, feed_forward: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.first_norm, self.second_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.look, self.join = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed = nn.Sequential(
            nn.Linear(width, feed_forward), nn.GELU(), nn.Dropout(dropout), nn.Linear(feed_forward, width)
        )

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        """Return tokens after attention to those for which (b, 1, l or 1, l) `seen` is true."""
        b, length, width = x.shape
        parts = self.look(self.first_norm(x)).view(b, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        dropout = self.dropout if self.training else 0.0
        out = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen, dropout_p=dropout)
        x = x + functional.dropout(self.join(out.transpose(1, 2).flatten(2)), self.dropout, self.training)
        return x + functional.dropout(self.feed(self.second_norm(x)), self.dropout, self.training)


class LineTransformer(nn.Module):
    """Vectors of lines with their positions, through blocks of attention.

    Parameters
    ----------
    causal
        Whether a line attends to itself and those before it alone.
    """

    def __init__(self, shapes: Shapes, options: ScanTransformerOptions, *, causal: bool) -> None:
        super().__init__()
        self.lines = LineEncoder(
            shapes.directions,
            options.width,
            channels=options.channels,
            convolutions=options.convolutions,
            dropout=options.dropout,
        )
        self.blocks = nn.ModuleList(
            AttentionBlock(options.width, options.heads, options.feed_forward, options.dropout)
            for _ in range(options.layers)
        )
        self.norm = nn.LayerNorm(options.width)
        self.causal = causal

    def forward(self, batch: Batch) -> Tensor:
        """Return (b, l, width) vectors of the lines."""
        mask = batch["mask"]
        x = self.lines(batch["lines"], batch["steps"], mask)
        x = x + positions(x)
        length = mask.shape[1]
        own = torch.eye(length, dtype=torch.bool, device=mask.device)
        # Every line sees itself, also one that was not scanned: attention to nothing is not a number.
        seen = mask[:, None, None, :] | own
        if self.causal:
            seen = seen & own.new_ones(length, length).tril()
        for block in self.blocks:
            x = block(x, seen)
        return self.norm(x)  # type: ignore[no-any-return]


class ScanCausal(nn.Module):
    """Causal attention over lines: features after the last line, or while training after every line."""

    def __init__(self, shapes: Shapes, options: ScanCausalOptions) -> None:
        super().__init__()
        self.transformer = LineTransformer(shapes, options, causal=True)
        self.pool = RunningPool()
        self.every_line = options.loss_at == "every_line"

    def forward(self, batch: Batch) -> Tensor:
        features = self.pool(self.transformer(batch), batch["mask"])
        features = at_last_line(features, batch["mask"])
        return features if self.training and self.every_line else features[:, -1]


class ScanVit(nn.Module):
    """Attention of every line to every other (after Dosovitskiy et al. 2021): mean and maximum over the lines."""

    def __init__(self, shapes: Shapes, options: ScanTransformerOptions) -> None:
        super().__init__()
        self.transformer = LineTransformer(shapes, options, causal=False)

    def forward(self, batch: Batch) -> Tensor:
        x, mask = self.transformer(batch), batch["mask"].unsqueeze(2)
        mean = (x * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
        largest = x.masked_fill(~mask, -torch.inf).amax(dim=1)
        return torch.cat([mean, torch.where(mask.any(dim=1), largest, 0.0)], dim=1)


def positions(x: Tensor) -> Tensor:
    """Return (l, d) sines and cosines of the number of a line (Vaswani et al. 2017, 3.5), for any length."""
    length, width = x.shape[1:]
    rates = torch.exp(torch.arange(0, width, 2, device=x.device) * (-math.log(10_000.0) / width))
    angles = torch.arange(length, device=x.device).unsqueeze(1) * rates
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)[:, :width].to(x.dtype)


@ENCODERS.register("scan_causal")
def scan_causal(model: ModelConfig) -> Encoder:
    """Return causal attention over lines, a prediction after every line."""
    options, shapes = ScanCausalOptions.model_validate(model.options), Shapes.of(model)
    return _encoder(ScanCausal(shapes, options), shapes)


@ENCODERS.register("scan_vit")
def scan_vit(model: ModelConfig) -> Encoder:
    """Return attention over all lines at once."""
    options, shapes = ScanTransformerOptions.model_validate(model.options), Shapes.of(model)
    return _encoder(ScanVit(shapes, options), shapes)


def _encoder(network: nn.Module, shapes: Shapes) -> Encoder:
    return Encoder(network, (Block(WHOLE, network),), nn.Identity(), shapes.example("lines", "mask", "steps"))
