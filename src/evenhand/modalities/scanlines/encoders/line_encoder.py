"""From lines to a vector per line, in the order of time: no line depends on a later one.

Whole scans at once; `line_by_line` computes the same while lines arrive.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from evenhand.modalities.scanlines.encoders.layers import LineNorm

BACK = 2
"""Lines before its own that a convolution sees."""

REACH = 2
"""Values to either side of its own that a convolution sees."""


class CausalLines(nn.Module):
    """Convolution over a line and the two before it, normalised line by line, the width halved.

    (b, a, l, w) -> (b, d, l, ceil(w / 2))
    """

    def __init__(self, before: int, after: int, dropout: float) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, after, (BACK + 1, 2 * REACH + 1), padding=(0, REACH), bias=False)
        self.norm = LineNorm(after)
        self.dropout = dropout

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        seen = torch.cat([x.new_zeros(len(x), x.shape[1], BACK, x.shape[3]), x], dim=2)
        y = functional.relu(self.norm(self.convolution(seen), mask))
        # The same channels in all lines of a scan: dropped in some lines only, they could be read off the others.
        if self.training and self.dropout:
            kept = torch.full((len(y), y.shape[1], 1, 1), 1 - self.dropout, device=y.device)
            y = y * torch.bernoulli(kept) / (1 - self.dropout)
        y = y * mask.to(y.dtype)[:, None, :, None]
        return functional.max_pool2d(y, (1, 2), ceil_mode=True)


class LineEncoder(nn.Module):
    """Lines (b, l, c, w) and steps (b, l, c, 2) -> a vector per line (b, l, width).

    Parameters
    ----------
    directions
        c, channels of a line.
    width
        Length of the vector of a line.
    channels
        Channels of the first convolution; later ones have up to four times as many.
    convolutions
        How many; each sees two lines more and half the width.
    """

    def __init__(self, directions: int, width: int, *, channels: int, convolutions: int, dropout: float) -> None:
        super().__init__()
        sizes = [directions, *(channels * min(4, 1 + depth) for depth in range(convolutions))]
        self.layers = nn.ModuleList(CausalLines(a, b, dropout) for a, b in pairwise(sizes))
        self.project = nn.Linear(2 * sizes[-1] + 2 * directions, width)

    def forward(self, lines: Tensor, steps: Tensor, mask: Tensor) -> Tensor:
        """Return a vector per line, 0 where nothing was scanned."""
        x = lines.transpose(1, 2)
        for layer in self.layers:
            x = layer(x, mask)
        vectors = functional.relu(self.project(torch.cat([mean_and_largest(x), compressed(steps)], dim=2)))
        return vectors * mask.to(vectors.dtype).unsqueeze(2)


def mean_and_largest(x: Tensor) -> Tensor:
    """Return (b, l, 2 d) mean and maximum of every line of (b, d, l, w) maps."""
    return torch.cat([x.mean(dim=3), x.amax(dim=3)], dim=1).transpose(1, 2)


def compressed(steps: Tensor) -> Tensor:
    """Return (b, l, 2 c) logarithms of the size of (b, l, c, 2) steps between lines, with their sign.

    Steps reach over orders of magnitude: a jump of the tip must not drown everything else.
    """
    return (steps.sign() * steps.abs().log1p()).flatten(2)


class RunningPool(nn.Module):
    """Last, mean and maximum over the lines up to each: (b, l, d) -> (b, l, 3 d)."""

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        scanned = mask.unsqueeze(2)
        sums, numbers = (x * scanned).cumsum(dim=1), scanned.to(x.dtype).cumsum(dim=1)
        largest = x.masked_fill(~scanned, -torch.inf).cummax(dim=1).values
        return torch.cat([x, sums / numbers.clamp(min=1), torch.where(numbers > 0, largest, 0.0)], dim=2)


def at_last_line(x: Tensor, mask: Tensor) -> Tensor:
    """Return (b, l, d) values of which those behind the last line that was scanned repeat that of this line."""
    last = (mask * torch.arange(mask.shape[1], device=mask.device)).amax(dim=1, keepdim=True)
    at = torch.arange(mask.shape[1], device=mask.device).expand_as(mask).minimum(last)
    return x.gather(1, at.unsqueeze(2).expand_as(x))
