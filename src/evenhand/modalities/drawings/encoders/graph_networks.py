"""`edge_sage` and `gine`: messages along the edges of a drawing's graph."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from evenhand.modalities.drawings.encoders.geometry import EDGE_MEASURES, edge_measures
from evenhand.modalities.drawings.encoders.nodes_in import Batch, NodesIn, RasterIn, Widths
from evenhand.modalities.drawings.encoders.segments import SegmentPool, segment_max, segment_mean, segment_sum
from evenhand.modalities.drawings.options import DrawingEncoderOptions
from evenhand.modalities.drawings.vocabulary import EDGE_TYPES, LENGTH
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.blocks import WHOLE, Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import ENCODERS


class EdgeSage(nn.Module):
    """One round of GraphSAGE (Hamilton et al. 2017) with edge features: mean and maximum of messages, residual.

    The message from u to v is ReLU(A u + B v + C e). Edges are several times as many as nodes: A u and B v are
    computed per node and gathered, which gives the same as one layer over (u, v, e).
    """

    def __init__(self, width: int, edge: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.sent = nn.Linear(width, width, bias=False)
        self.heard = nn.Linear(width, width)
        self.along = nn.Linear(edge, width, bias=False)
        self.update = nn.Sequential(
            nn.Linear(3 * width, width), nn.GELU(), nn.Dropout(dropout), nn.Linear(width, width)
        )

    def forward(self, nodes: Tensor, edges: Tensor, features: Tensor) -> Tensor:
        source, target = edges
        z = self.norm(nodes)
        n = len(nodes)
        messages = self.along(features)
        messages = torch.relu(messages + self.sent(z)[source] + self.heard(z)[target])
        heard = segment_mean(messages, target, n), segment_max(messages, target, n)
        return nodes + self.update(torch.cat([z, *heard], dim=1))  # type: ignore[no-any-return]


class Gine(nn.Module):
    """One round of GINE (Hu et al. 2020): sum of ReLU(u + edge), (1 + ε) v, an MLP, residual."""

    def __init__(self, width: int, edge: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.edge = nn.Linear(edge, width)
        self.epsilon = nn.Parameter(torch.zeros(()))
        self.update = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(2 * width, width)
        )

    def forward(self, nodes: Tensor, edges: Tensor, features: Tensor) -> Tensor:
        source, target = edges
        z = self.norm(nodes)
        heard = segment_sum(torch.relu(z[source] + self.edge(features)), target, len(nodes))
        return nodes + self.update((1 + self.epsilon) * z + heard)  # type: ignore[no-any-return]


class GraphNetwork(nn.Module):
    """Rounds of messages, then one vector per drawing; a raster's vector beside it where asked."""

    def __init__(
        self, widths: Widths, options: DrawingEncoderOptions, layer: Callable[[int, int, float], nn.Module]
    ) -> None:
        super().__init__()
        edge = widths.relations + EDGE_MEASURES
        self.nodes = NodesIn(widths, options.width, strokes=options.strokes)
        self.rounds = nn.ModuleList(layer(options.width, edge, options.dropout) for _ in range(options.layers))
        self.pool = SegmentPool(list(options.pooling), options.width)
        self.raster = RasterIn(options.raster, options.width) if options.raster else None
        self.norm = nn.LayerNorm(self.pool.width + (options.width if options.raster else 0))

    def forward(self, x: Batch) -> Tensor:
        nodes = self.nodes(x)
        features = torch.cat(
            [x["relations"], edge_measures(x["strokes"], x["nodes"][:, LENGTH], x["edges"])], dim=1
        )
        for one in self.rounds:
            nodes = one(nodes, x["edges"], features)
        pooled = self.pool(nodes, x["graph"], len(x["size"]))
        if self.raster is not None:
            pooled = torch.cat([pooled, self.raster(x)], dim=1)
        return self.norm(pooled)  # type: ignore[no-any-return]


def _encoder(model: ModelConfig, layer: Callable[[int, int, float], nn.Module]) -> Encoder:
    widths = Widths.of(model, len(EDGE_TYPES))
    network = GraphNetwork(widths, DrawingEncoderOptions.model_validate(model.options), layer)
    return Encoder(network, (Block(WHOLE, network),), nn.Identity(), widths.example())


@ENCODERS.register("edge_sage")
def edge_sage(model: ModelConfig) -> Encoder:
    """Return GraphSAGE with edge features over a drawing's graph."""
    return _encoder(model, EdgeSage)


@ENCODERS.register("gine")
def gine(model: ModelConfig) -> Encoder:
    """Return a graph isomorphism network with edge features over a drawing's graph."""
    return _encoder(model, Gine)
