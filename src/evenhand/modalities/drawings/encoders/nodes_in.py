"""The first layers of every encoder of drawings: nodes, strokes and a raster as vectors."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from evenhand.base.errors import ModelError
from evenhand.modalities.drawings.encoders.geometry import NODE_MEASURES, node_measures, rasters
from evenhand.models.config import ModelConfig, SizedModel

Batch = dict[str, Tensor]
"""A batch of drawings:

- "nodes" (n, f) float32, measures of all primitives of the batch; "strokes" (n, p, 2) float32, their points;
- "graph" (n,) int64, the drawing of each; "size" (b,) int64, primitives of each drawing;
- "edges" (2, e) int64, source and target; "relations" (e, t) float32, which relations hold.
"""


@dataclass(frozen=True)
class Widths:
    """Widths of the parts of a row."""

    nodes: int
    points: int
    relations: int

    @classmethod
    def of(cls, model: ModelConfig, relations: int) -> Widths:
        """Return those of the rows that a model is for; raises `ModelError` for rows of another kind."""
        if not isinstance(model, SizedModel) or "strokes" not in model.row or "nodes" not in model.row:
            raise ModelError(f"Model {model.name}: its rows are not drawings.")
        return cls(model.row["nodes"][1], model.row["strokes"][1], relations)

    def example(self) -> Batch:
        """Return one drawing of two primitives."""
        return {
            "nodes": torch.zeros(2, self.nodes),
            "strokes": torch.zeros(2, self.points, 2),
            "graph": torch.zeros(2, dtype=torch.int64),
            "size": torch.full((1,), 2),
            "edges": torch.tensor([[0, 1], [1, 0]]),
            "relations": torch.zeros(2, self.relations),
        }


class NodesIn(nn.Module):
    """(n, width) vectors of primitives: their measures, and the points along them.

    A line has no sense of direction: the points are read from either end by the same layers, and averaged.
    """

    def __init__(self, widths: Widths, width: int, *, strokes: bool) -> None:
        super().__init__()
        self.measures = nn.Linear(widths.nodes + NODE_MEASURES, width)
        self.along = nn.Linear(4 * widths.points, width) if strokes else None
        self.out = nn.Linear(width, width) if strokes else None

    def forward(self, x: Batch) -> Tensor:
        strokes = x["strokes"]
        nodes: Tensor = self.measures(torch.cat([x["nodes"], node_measures(strokes)], dim=1))
        if self.along is None or self.out is None:
            return nodes
        # steps are small beside places: scaled to the length of the whole stroke
        steps = torch.diff(strokes, dim=1) * (strokes.shape[1] - 1)
        forth = torch.cat([strokes, nn.functional.pad(steps, (0, 0, 0, 1))], dim=2)
        back = torch.cat([strokes.flip(1), nn.functional.pad(-steps.flip(1), (0, 0, 0, 1))], dim=2)
        read = self.along(torch.stack([forth, back]).flatten(2))
        return nodes + self.out(nn.functional.gelu(read).mean(dim=0))  # type: ignore[no-any-return]


class RasterIn(nn.Module):
    """(b, width) vectors of small pictures of drawings."""

    def __init__(self, side: int, width: int) -> None:
        super().__init__()
        self.side = side
        layers: list[nn.Module] = []
        before = 1
        for after in (width // 6, width // 3, width // 2, width):
            layers += [
                nn.Conv2d(before, after, 3, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(inplace=True),
            ]
            layers += [nn.MaxPool2d(2)]
            before = after
        self.layers = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(4 * width, width))

    def forward(self, x: Batch) -> Tensor:
        return self.layers(rasters(x["strokes"], x["graph"], len(x["size"]), self.side))  # type: ignore[no-any-return]
