"""Batch normalisation over some of the numbers of a batch, without asking a device how many there are."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm


def masked_batch_norm(norm: _BatchNorm, x: Tensor, seen: Tensor) -> Tensor:
    """Return (b, d, ...) numbers normalised in training by those that are seen, 0 where they are not.

    What `norm` gives for the chosen numbers alone, its running statistics included, up to the order of sums. A
    channel with less than two numbers is normalised by the running statistics, and leaves them as they are.

    Parameters
    ----------
    seen
        bool, of the dimensions of `x` or 1 each.
    """
    every = [0, *range(2, x.ndim)]
    of_channels = (1, -1, *[1] * (x.ndim - 2))
    times = math.prod(x.shape[at] for at in every if seen.shape[at] == 1)
    count = (seen.sum(every) * times).float().expand(x.shape[1])
    values = x.float()
    mean = torch.where(seen, values, 0.0).sum(every) / count.clamp(min=1)
    squares = torch.where(seen, values - mean.view(of_channels), 0.0).square()
    variance = squares.sum(every) / count.clamp(min=1)
    before, spread, number = norm.running_mean, norm.running_var, norm.num_batches_tracked
    assert before is not None
    assert spread is not None
    assert number is not None
    enough = count > 1
    scale = (torch.where(enough, variance, spread) + norm.eps).rsqrt()
    offset = torch.where(enough, mean, before)
    if norm.affine:
        scale = scale * norm.weight
    out = (values - offset.view(of_channels)) * scale.view(of_channels)
    if norm.affine:
        out = out + norm.bias.view(of_channels)
    with torch.no_grad():
        number.add_(1)
        # as a tensor: torch's own layer reads the number of batches from the device
        factor = 1.0 / number.float() if norm.momentum is None else torch.full_like(count[0], norm.momentum)
        unbiased = variance * (count / (count - 1).clamp(min=1))
        before.copy_(torch.where(enough, torch.lerp(before, mean, factor), before))
        spread.copy_(torch.where(enough, torch.lerp(spread, unbiased, factor), spread))
    return torch.where(seen, out, 0.0).to(x.dtype)
