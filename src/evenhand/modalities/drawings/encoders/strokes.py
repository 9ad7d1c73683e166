"""`strokes`: a set transformer over the primitives of a drawing."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from evenhand.modalities.drawings.encoders.nodes_in import Batch, NodesIn, RasterIn, Widths
from evenhand.modalities.drawings.encoders.segments import SegmentPool, segment_softmax, segment_sum
from evenhand.modalities.drawings.options import StrokesOptions
from evenhand.modalities.drawings.vocabulary import EDGE_TYPES
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.blocks import WHOLE, Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import ENCODERS


class InducedAttention(nn.Module):
    """Attention through inducing points (ISAB, Lee et al. 2019, eq. 9-10): linear in the number of primitives.

    Drawings of a batch differ much in size: attention is computed over segments, so that none is padded.
    """

    def __init__(self, width: int, heads: int, inducing: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.points = nn.Parameter(torch.randn(inducing, width) / width**0.5)
        self.norm, self.inner, self.last = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.keys, self.values = nn.Linear(width, width), nn.Linear(width, width)
        self.asks, self.held_keys, self.held_values = (nn.Linear(width, width) for _ in range(3))
        self.gathered, self.spread = nn.Linear(width, width), nn.Linear(width, width)
        self.update = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(2 * width, width)
        )

    def forward(self, x: Tensor, graph: Tensor, n: int) -> Tensor:
        z = self.norm(x)
        held = self.inner(self.points + self.gathered(self._gathered(z, graph, n)))
        x = x + self.spread(self._spread(z, held, graph))
        return x + self.update(self.last(x))  # type: ignore[no-any-return]

    def _gathered(self, z: Tensor, graph: Tensor, n: int) -> Tensor:
        """Return (b, m, width): what each inducing point gathers from the primitives of each drawing."""
        keys, values = self._by_head(self.keys(z)), self._by_head(self.values(z))
        asks = self._by_head(self.points)
        scores = torch.einsum("nhd,mhd->nhm", keys, asks) / keys.shape[2] ** 0.5
        weights = segment_softmax(scores.flatten(1), graph, n).view_as(scores)
        sent = torch.einsum("nhm,nhd->nmhd", weights, values).flatten(1)
        return segment_sum(sent, graph, n).view(n, len(self.points), -1)

    def _spread(self, z: Tensor, held: Tensor, graph: Tensor) -> Tensor:
        """Return (n, width): what each primitive reads from the points of its drawing."""
        asks = self._by_head(self.asks(z))
        keys, values = self._by_head(self.held_keys(held)), self._by_head(self.held_values(held))
        scores = torch.einsum("nhd,nmhd->nhm", asks, keys[graph]) / asks.shape[2] ** 0.5
        return torch.einsum("nhm,nmhd->nhd", scores.softmax(dim=2), values[graph]).flatten(1)

    def _by_head(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:-1], self.heads, -1)


class StrokesNetwork(nn.Module):
    """Primitives as a set: blocks of attention, then one vector per drawing."""

    def __init__(self, widths: Widths, options: StrokesOptions) -> None:
        super().__init__()
        width = options.width
        self.nodes = NodesIn(widths, width, strokes=True)
        self.blocks = nn.ModuleList(
            InducedAttention(width, options.heads, options.inducing, options.dropout) for _ in range(options.layers)
        )
        self.pool = SegmentPool(list(options.pooling), width)
        self.raster = RasterIn(options.raster, width) if options.raster else None
        self.norm = nn.LayerNorm(self.pool.width + (width if options.raster else 0))

    def forward(self, x: Batch) -> Tensor:
        graph, b = x["graph"], len(x["size"])
        nodes = self.nodes(x)
        for block in self.blocks:
            nodes = block(nodes, graph, b)
        pooled = self.pool(nodes, graph, b)
        if self.raster is not None:
            pooled = torch.cat([pooled, self.raster(x)], dim=1)
        return self.norm(pooled)  # type: ignore[no-any-return]


@ENCODERS.register("strokes")
def strokes(model: ModelConfig) -> Encoder:
    """Return a set transformer over the points of a drawing's primitives; edges are not used."""
    options = StrokesOptions.model_validate(model.options)
    widths = Widths.of(model, len(EDGE_TYPES))
    network = StrokesNetwork(widths, options)
    return Encoder(network, (Block(WHOLE, network),), nn.Identity(), widths.example())
