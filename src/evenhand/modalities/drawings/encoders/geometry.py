"""What a motion of a drawing changes, from the points of its strokes: measures of nodes and edges, and a raster."""

from __future__ import annotations

import torch
from torch import Tensor

NODE_MEASURES = 7
EDGE_MEASURES = 6
_POINTS_PER_STEP = 6


def node_measures(strokes: Tensor) -> Tensor:
    """Return (n, 7) width, height, centre (x, y), distance from the middle, and direction (cos, sin of 2φ).

    Parameters
    ----------
    strokes
        (n, p, 2) points in the unit box.
    """
    low, high = strokes.amin(dim=1), strokes.amax(dim=1)
    centre = strokes.mean(dim=1)
    return torch.cat([high - low, centre, centre.norm(dim=1, keepdim=True), direction(strokes)], dim=1).clamp(-4, 4)


def direction(strokes: Tensor) -> Tensor:
    """Return (n, 2) cosine and sine of twice the angle of the chord: lines have no sense; 0 for closed curves."""
    chord = strokes[:, -1] - strokes[:, 0]
    square = chord.square().sum(dim=1, keepdim=True)
    x, y = chord.unbind(dim=1)
    twice = torch.stack([x * x - y * y, 2 * x * y], dim=1)
    return torch.where(square > 1e-12, twice / square.clamp(min=1e-12), torch.zeros_like(twice))


def edge_measures(strokes: Tensor, length: Tensor, edges: Tensor) -> Tensor:
    """Return (e, 6) distance, offset (x, y), log ratio of lengths, and angle between (cos, sin of 2φ).

    Parameters
    ----------
    strokes
        (n, p, 2).
    length
        (n,) logarithms of lengths, over 4.
    edges
        (2, e) source and target.
    """
    source, target = edges
    centre, way = strokes.mean(dim=1), direction(strokes)
    offset = centre[source] - centre[target]
    a, b = way[source], way[target]
    turn = torch.stack([(a * b).sum(dim=1), a[:, 1] * b[:, 0] - a[:, 0] * b[:, 1]], dim=1)
    ratio = (length[source] - length[target]).unsqueeze(1)
    return torch.cat([offset.norm(dim=1, keepdim=True), offset, ratio, turn], dim=1).clamp(-4, 4)


def rasters(strokes: Tensor, graph: Tensor, n: int, side: int) -> Tensor:
    """Return (n, 1, side, side) pictures of n drawings: the ink of each cell, 0 to 1.

    Points are laid along each stroke and shared among the four cells around them, so that a small motion changes
    the picture a little.
    """
    steps = torch.linspace(0, 1, _POINTS_PER_STEP + 1, device=strokes.device)[:-1].view(1, 1, -1, 1)
    points = torch.lerp(strokes[:, :-1, None], strokes[:, 1:, None], steps).flatten(1, 2)
    places = ((points + 0.5) * (side - 4) + 1.5).clamp(0, side - 1.001)
    corner = places.floor()
    share = places - corner
    which = graph.view(-1, 1).expand(corner.shape[:2])
    base = (which * side + corner[..., 1].long()) * side + corner[..., 0].long()
    u, v = share.unbind(dim=-1)
    out = strokes.new_zeros(n * side * side)
    for dx, dy, weight in ((0, 0, (1 - u) * (1 - v)), (1, 0, u * (1 - v)), (0, 1, (1 - u) * v), (1, 1, u * v)):
        out.index_add_(0, (base + dy * side + dx).flatten(), weight.flatten())
    return (1 - (-1.5 * out).exp()).view(n, 1, side, side)
