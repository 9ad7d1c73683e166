"""Softmax within blocks of classes of which exactly one holds, as logits for a sigmoid per class."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor, nn


class SoftmaxBlocks(nn.Module):
    """Logits (b, k) -> (b, k): sigmoid(out) is the softmax within each block, and unchanged elsewhere.

    out_c = z_c - log(sum of exp z_j over the other classes j of the block), so that sigmoid(out_c) = exp z_c / (sum
    over the block). What reads a sigmoid per class (predictions, metrics, blends) needs to know nothing of blocks.

    Parameters
    ----------
    blocks
        Positions of the classes of each block, two or more; no class is in two of them.
    """

    def __init__(self, blocks: Sequence[Sequence[int]]) -> None:
        super().__init__()
        self.blocks = [list(block) for block in blocks]

    def forward(self, z: Tensor) -> Tensor:
        # to float32: the difference of two large numbers of a narrow format would be coarse
        out = z.float() if z.dtype in (torch.float16, torch.bfloat16) else z.clone()
        for block in self.blocks:
            at = _positions(tuple(block), z.device)
            own = out.index_select(1, at)
            out = out.index_copy(1, at, own - logsumexp_of_others(own))
        return out


@lru_cache(maxsize=64)  # to make them anew for every batch is a copy to the device each
def _positions(block: tuple[int, ...], device: torch.device) -> Tensor:
    return torch.tensor(block, device=device)


def logsumexp_of_others(z: Tensor) -> Tensor:
    """Return (b, m) log(sum of exp z_j, j != c) of (b, m) logits, m at least 2.

    From sums before and after each class: the sum over all less exp z_c would cancel where a class is nearly
    certain.
    """
    nothing = z.new_full((len(z), 1), -torch.inf)
    before = torch.cat([nothing, z[:, :-1].logcumsumexp(dim=1)], dim=1)
    after = torch.cat([z[:, 1:].flip(1).logcumsumexp(dim=1).flip(1), nothing], dim=1)
    return torch.logaddexp(before, after)
