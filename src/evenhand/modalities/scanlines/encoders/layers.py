"""Building blocks of encoders of scans whose result does not depend on the padding of a batch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from evenhand.models.masked_batch_norm import masked_batch_norm


def held(x: Tensor, mask: Tensor) -> Tensor:
    """Return (b, d, l, w) maps with 0 in the lines where (b, l) `mask` is false."""
    return x * mask.to(x.dtype)[:, None, :, None]


def halved(mask: Tensor) -> Tensor:
    """Return (b, ceil(l / 2)) the mask after a layer of stride 2: of two lines, whether either was scanned."""
    padded = functional.pad(mask, (0, mask.shape[1] % 2))
    return padded.view(len(mask), -1, 2).any(dim=2)


class LineNorm(nn.Module):
    """Normalise every line of (b, d, l, w) maps over channels and width (as layer norm, Ba et al. 2016).

    A line depends on nothing but itself: neither on the batch, nor on lines to come.
    """

    eps = 1e-5

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        variance, mean = torch.var_mean(x, dim=(1, 3), keepdim=True, correction=0)
        return (x - mean) * (variance + self.eps).rsqrt() * self.weight + self.bias


class ScannedBatchNorm(nn.BatchNorm2d):
    """Batch norm over the lines that were scanned: padding would pull its statistics towards 0."""

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:  # type: ignore[override]
        if not self.training:
            return super().forward(x)
        if mask.device.type != "cpu":  # which would wait for the answer
            return masked_batch_norm(self, x, mask[:, None, :, None])
        if bool(mask.all()):
            return super().forward(x)
        lines = x.transpose(1, 2)  # (b, l, d, w)
        out = torch.zeros_like(lines)
        out[mask] = super().forward(lines[mask].unsqueeze(2)).squeeze(2)
        return out.transpose(1, 2)


class ScanResidual(nn.Module):
    """Residual block of two 3 × 3 convolutions (He et al. 2016): (b, a, l, w) -> (b, d, ceil(l/2), ceil(w/2))."""

    def __init__(self, before: int, after: int, norm: type[nn.Module], dropout: float) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, padding=1, bias=False)
        self.first_norm = norm(after)
        self.second = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.second_norm = norm(after)
        self.short = nn.Conv2d(before, after, 1, bias=False) if before != after else nn.Identity()
        self.dropout = dropout

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        y = held(functional.relu(self.first_norm(self.first(x), mask)), mask)
        y = functional.dropout(y, self.dropout, self.training)
        y = held(functional.relu(self.second_norm(self.second(y), mask) + self.short(x)), mask)
        # The maximum of values from 0 up is the same beside zeros of the padding as at the end of a scan.
        return functional.max_pool2d(y, 2, ceil_mode=True), halved(mask)


def scan_pool(x: Tensor, mask: Tensor) -> Tensor:
    """Return (b, 2 d) mean and maximum of (b, d, l, w) maps from 0 up over the lines that were scanned."""
    count = mask.sum(dim=1, keepdim=True).clamp(min=1) * x.shape[3]
    return torch.cat([held(x, mask).sum(dim=(2, 3)) / count, held(x, mask).amax(dim=(2, 3))], dim=1)
