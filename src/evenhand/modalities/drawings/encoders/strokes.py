"""`strokes`: a set transformer over the primitives of a drawing."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from evenhand.base.errors import ModelError
from evenhand.modalities.drawings.encoders.nodes_in import Batch, NodesIn, RasterIn, Widths
from evenhand.modalities.drawings.encoders.segments import Pool
from evenhand.modalities.drawings.options import StrokesOptions
from evenhand.modalities.drawings.vocabulary import EDGE_TYPES
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.blocks import WHOLE, Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import ENCODERS


class InducedAttention(nn.Module):
    """Attention through inducing points (ISAB, Lee et al. 2019, eq. 9-10): linear in the number of primitives."""

    def __init__(self, width: int, heads: int, inducing: int, dropout: float) -> None:
        super().__init__()
        self.points = nn.Parameter(0.02 * torch.randn(1, inducing, width))
        self.norm, self.inner, self.last = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.gather = nn.MultiheadAttention(width, heads, batch_first=True)
        self.spread = nn.MultiheadAttention(width, heads, batch_first=True)
        self.update = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(2 * width, width)
        )

    def forward(self, x: Tensor, absent: Tensor) -> Tensor:
        z = self.norm(x)
        points = self.points.expand(len(x), -1, -1)
        held = self.inner(points + self.gather(points, z, z, key_padding_mask=absent, need_weights=False)[0])
        x = x + self.spread(z, held, held, need_weights=False)[0]
        return x + self.update(self.last(x))  # type: ignore[no-any-return]


class StrokesNetwork(nn.Module):
    """Primitives as a set: blocks of attention, then one vector per drawing."""

    def __init__(self, widths: Widths, options: StrokesOptions) -> None:
        super().__init__()
        width = options.width
        self.nodes = NodesIn(widths, width, strokes=True)
        self.blocks = nn.ModuleList(
            InducedAttention(width, options.heads, options.inducing, options.dropout) for _ in range(options.layers)
        )
        self.pool = Pool(list(options.pooling), width)
        self.raster = RasterIn(options.raster, width) if options.raster else None
        self.norm = nn.LayerNorm(self.pool.width + (width if options.raster else 0))

    def forward(self, x: Batch) -> Tensor:
        size, graph = x["size"], x["graph"]
        nodes = self.nodes(x)
        place = torch.arange(len(graph), device=graph.device) - (size.cumsum(0) - size)[graph]
        padded = nodes.new_zeros(len(size), int(size.max()), nodes.shape[1])
        padded[graph, place] = nodes
        absent = torch.arange(padded.shape[1], device=graph.device) >= size.unsqueeze(1)
        for block in self.blocks:
            padded = block(padded, absent)
        pooled = self.pool(padded[graph, place], graph, len(size))
        if self.raster is not None:
            pooled = torch.cat([pooled, self.raster(x)], dim=1)
        return self.norm(pooled)  # type: ignore[no-any-return]


@ENCODERS.register("strokes")
def strokes(model: ModelConfig) -> Encoder:
    """Return a set transformer over the points of a drawing's primitives; edges are not used."""
    options = StrokesOptions.model_validate(model.options)
    if options.width % options.heads:
        raise ModelError(
            f"Model {model.name}: options.width = {options.width} cannot be divided among options.heads = "
            f"{options.heads}. Choose a multiple."
        )
    widths = Widths.of(model, len(EDGE_TYPES))
    network = StrokesNetwork(widths, options)
    return Encoder(network, (Block(WHOLE, network),), nn.Identity(), widths.example())
