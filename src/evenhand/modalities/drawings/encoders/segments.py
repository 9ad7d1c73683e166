"""Operations over segments: nodes of many graphs in one batch, edges that end at many nodes."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def segment_sum(values: Tensor, segment: Tensor, n: int) -> Tensor:
    """Return (n, d) sums of (m, d) values by segment, (m,) int64 in 0..n-1; 0 for an empty one."""
    return values.new_zeros(n, values.shape[1]).index_add(0, segment, values)


def segment_counts(segment: Tensor, n: int) -> Tensor:
    """Return (n,) int64 how often each segment occurs; `torch.bincount` would wait for a GPU's largest number."""
    return segment.new_zeros(n).index_add(0, segment, torch.ones_like(segment))


def segment_mean(values: Tensor, segment: Tensor, n: int) -> Tensor:
    """Return (n, d) means by segment; 0 for an empty one."""
    counts = segment_counts(segment, n).clamp(min=1).to(values.dtype)
    return segment_sum(values, segment, n) / counts.unsqueeze(1)


def segment_max(values: Tensor, segment: Tensor, n: int) -> Tensor:
    """Return (n, d) maxima by segment; 0 for an empty one."""
    at = segment.unsqueeze(1).expand_as(values)
    return values.new_zeros(n, values.shape[1]).scatter_reduce(0, at, values, "amax", include_self=False)


def segment_softmax(scores: Tensor, segment: Tensor, n: int) -> Tensor:
    """Return (m, d) weights that sum to one in each segment."""
    highest = segment_max(scores.detach(), segment, n)
    weights = (scores - highest[segment]).exp()
    return weights / segment_sum(weights, segment, n)[segment].clamp(min=1e-12)


class AttentionPool(nn.Module):
    """A weighted mean of nodes by learned scores (Li et al. 2016, eq. 7)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(width, width // 2), nn.Tanh(), nn.Linear(width // 2, 1))

    def forward(self, nodes: Tensor, graph: Tensor, n: int) -> Tensor:
        return segment_sum(nodes * segment_softmax(self.score(nodes), graph, n), graph, n)


class SegmentPool(nn.Module):
    """Nodes of each graph as one vector: some of mean, max, sum and attention, concatenated.

    `width` is that of the result; the logarithm of the number of nodes is its last column.
    """

    def __init__(self, names: list[str], width: int) -> None:
        super().__init__()
        self.names = tuple(names)
        self.attention = AttentionPool(width) if "attention" in names else None
        self.width = width * len(self.names) + 1

    def forward(self, nodes: Tensor, graph: Tensor, n: int) -> Tensor:
        counts = segment_counts(graph, n).to(nodes.dtype)
        out = [self._one(name, nodes, graph, n) for name in self.names]
        return torch.cat([*out, counts.log1p().unsqueeze(1) / 4], dim=1)

    def _one(self, name: str, nodes: Tensor, graph: Tensor, n: int) -> Tensor:
        if name == "attention":
            assert self.attention is not None
            return self.attention(nodes, graph, n)  # type: ignore[no-any-return]
        if name == "sum":
            return segment_sum(nodes, graph, n) / 16  # of the order of a mean for small drawings
        return segment_max(nodes, graph, n) if name == "max" else segment_mean(nodes, graph, n)
