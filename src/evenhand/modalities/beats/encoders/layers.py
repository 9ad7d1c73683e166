"""Building blocks of the encoders of beats: a residual trunk over time, and layers over the rhythm features."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional


class Residual(nn.Module):
    """Residual block of two convolutions over time with stride 2: (b, c, t) -> (b, width, ceil(t / 2)).

    He et al. 2016, figure 2, with the shortcut averaged over time before it is widened (He et al. 2019, ResNet-D).
    """

    def __init__(self, channels: int, width: int, *, kernel: int = 5, dropout: float = 0.1) -> None:
        super().__init__()
        self.first = nn.Conv1d(channels, width, kernel, 2, kernel // 2, bias=False)
        self.first_norm = nn.BatchNorm1d(width)
        self.second = nn.Conv1d(width, width, kernel, 1, kernel // 2, bias=False)
        self.second_norm = nn.BatchNorm1d(width)
        self.short = nn.Conv1d(channels, width, 1, bias=False)
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.first_norm(self.first(x)))
        y = functional.dropout(y, self.dropout, self.training)
        y = self.second_norm(self.second(y))
        return functional.relu(y + self.short(functional.avg_pool1d(x, 2, ceil_mode=True)))


class Trunk(nn.Module):
    """A residual network over time that keeps positions: (b, c, t) -> (b, d).

    Pooling over time (mean and maximum) discards positions, and the position relative to the R peak is what
    distinguishes a P wave from a T wave. So a few channels are kept at full length beside it.

    Attributes
    ----------
    width
        d.
    """

    def __init__(
        self, leads: int, samples: int, *, widths: Sequence[int] = (16, 32, 64), stem: int = 16, kept: int = 8
    ) -> None:
        super().__init__()
        begin = [nn.Conv1d(leads, stem, 7, 2, 3, bias=False), nn.BatchNorm1d(stem), nn.ReLU(inplace=True)]
        blocks = [Residual(a, b) for a, b in pairwise((stem, *widths))]
        self.body = nn.Sequential(*begin, *blocks)
        self.places = nn.Conv1d(widths[-1], kept, 1)
        length = samples
        for _ in range(len(widths) + 1):
            # each convolution of stride 2, the first and one per block, halves and rounds up
            length = (length + 1) // 2
        self.width = 2 * widths[-1] + kept * length

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(x)
        return torch.cat([x.mean(2), x.amax(2), self.places(x).flatten(1)], dim=1)


class Rhythm(nn.Sequential):
    """Two layers over the normalised rhythm features: (b, d) -> (b, width)."""

    def __init__(self, features: int, *, hidden: int = 64, width: int = 32, dropout: float = 0.2) -> None:
        super().__init__(
            nn.BatchNorm1d(features),
            nn.Linear(features, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, width),
            nn.ReLU(inplace=True),
        )
