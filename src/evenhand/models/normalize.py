"""Normalised floats from bytes, in as few passes over memory as possible."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor


def normalised(x: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Return (b, c, h, w) float32 `(x / 255 - mean) / std`, channels last in memory.

    Written as one product and one sum per value, with factors repeated along a line of the picture: broadcasting
    three channels is the innermost and therefore the slowest loop. On a processor pictures go one by one, so that
    the second pass over one finds it in the cache.

    Parameters
    ----------
    x
        (b, h, w, c) uint8.
    mean, std
        (c,) of pictures in 0..1.
    """
    b, h, w, c = x.shape
    factor, shift = _line(tuple(mean), tuple(std), w, x.device)
    lines = x.reshape(b, h, w * c)
    out = torch.empty((b, h, w * c), dtype=torch.float32, device=x.device)
    for part, given in zip(out, lines, strict=True) if x.device.type == "cpu" else [(out, lines)]:
        part.copy_(given)
        torch.addcmul(shift, part, factor, out=part)
    return out.view(b, h, w, c).permute(0, 3, 1, 2)


def standardised(x: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Return (b, c, h, w) float32 `(x - mean) / std` of pictures in 0..1, with (c,) numbers."""
    shift, scale = _channels(tuple(mean), tuple(std), x.device)
    return (x - shift) / scale


# Kept: to make them anew for every batch is a copy to the device each.


@lru_cache(maxsize=16)
def _line(
    mean: tuple[float, ...], std: tuple[float, ...], width: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return factor and shift of each number along a line of `width` pixels."""
    deviation = torch.tensor(std, dtype=torch.float32, device=device)
    factor = (1.0 / (255.0 * deviation)).repeat(width)
    return factor, (-torch.tensor(mean, dtype=torch.float32, device=device) / deviation).repeat(width)


@lru_cache(maxsize=16)
def _channels(mean: tuple[float, ...], std: tuple[float, ...], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return mean and deviation as (1, c, 1, 1)."""
    shift, scale = (torch.tensor(numbers, device=device).view(1, -1, 1, 1) for numbers in (mean, std))
    return shift, scale
