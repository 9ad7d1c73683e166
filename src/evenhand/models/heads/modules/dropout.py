"""Dropout whose masks are cheap to draw on a CPU."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_STEPS = 1 << 16


class Dropout(nn.Dropout):
    """Dropout (Srivastava et al. 2014) by four 16-bit numbers a draw: x -> x, of any shape.

    torch's own draws one Bernoulli number after another from a CPU, which takes longer than a small head's
    products. The probability is a multiple of 1/65536 (0.3 becomes 0.29999), and what is kept is divided by the
    exact share that is kept. On other devices torch's own is used.
    """

    def forward(self, input: Tensor) -> Tensor:
        dropped = int(self.p * _STEPS)
        if not self.training or not dropped or input.device.type != "cpu":
            return super().forward(input)
        return input * _kept(input, dropped) * (_STEPS / (_STEPS - dropped))


def _kept(like: Tensor, dropped: int) -> Tensor:
    """Return a mask of the shape of a tensor, false with probability dropped / 65536."""
    n = like.numel()
    words = torch.empty((n + 3) // 4, dtype=torch.int64).random_(-(2**63), 2**63 - 1)
    return words.view(torch.int16)[:n].view(like.shape) >= dropped - _STEPS // 2
