"""The loss of classes of which exactly one holds, among classes of which several may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from evenhand.balance.loss_terms import on_devices
from evenhand.base.values import Floats
from evenhand.training.inputs.targets import ABSENT

if TYPE_CHECKING:
    from evenhand.balance.registries import Reduction, RowLoss


def with_blocks(loss: RowLoss, blocks: Sequence[Sequence[int]], weights: Floats) -> RowLoss:
    """Return a multi-label loss that takes cross-entropy within blocks, and `loss` over all other classes.

    Logits are those of `SoftmaxBlocks`, of which log sigmoid is the log of a block's softmax. A row adds
    -w_c t_c log p_c over the classes that it holds, divided by k as the other classes are. A block of which nothing
    is known to hold adds nothing: cells that are not known come as targets of 0.

    Parameters
    ----------
    blocks
        Positions of the classes of each block.
    weights
        (k,) class weights.
    """
    inside = torch.zeros(len(weights), dtype=torch.bool)
    inside[[at for block in blocks for at in block]] = True
    per_class = on_devices(torch.as_tensor(weights, dtype=torch.float32) * inside)
    in_blocks = on_devices(inside)

    def row_loss(logits: Tensor, targets: Tensor, reduction: Reduction) -> Tensor:
        here = in_blocks(logits.device)
        # as for cells that are not known (`without_unknown`): no loss gets anything from such a class
        others = loss(torch.where(here, ABSENT, logits), torch.where(here, 0.0, targets), "none")
        own = -(per_class(logits.device) * targets * logsigmoid(logits)).sum(dim=1) / logits.shape[1]
        rows = others + own
        return rows.mean() if reduction == "mean" else rows

    return row_loss
