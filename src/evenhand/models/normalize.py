"""Normalised floats from bytes, in as few passes over memory as possible."""

from __future__ import annotations

from collections.abc import Sequence

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
    deviation = torch.tensor(std, dtype=torch.float32, device=x.device)
    factor = (1.0 / (255.0 * deviation)).repeat(w)
    shift = (-torch.tensor(mean, dtype=torch.float32, device=x.device) / deviation).repeat(w)
    lines = x.reshape(b, h, w * c)
    out = torch.empty((b, h, w * c), dtype=torch.float32, device=x.device)
    for part, given in zip(out, lines, strict=True) if x.device.type == "cpu" else [(out, lines)]:
        part.copy_(given)
        torch.addcmul(shift, part, factor, out=part)
    return out.view(b, h, w, c).permute(0, 3, 1, 2)
