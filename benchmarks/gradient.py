"""The gradient share: how hard each class pulls at the model while it learns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evenhand.base.values import Floats

if TYPE_CHECKING:
    from torch import Tensor

    from evenhand.balance.registries import RowLoss


def gradient_norms(loss: RowLoss, logits: Tensor, targets: Tensor) -> Tensor:
    """Return (b,) the L1 norm of the gradient of each row's loss at its logits, class weights included.

    Parameters
    ----------
    logits
        (b, k).
    targets
        (b,) classes, or (b, k) shares.
    """
    import torch

    with torch.enable_grad():
        free = logits.detach().requires_grad_(True)
        (slope,) = torch.autograd.grad(loss(free, targets, "none").sum(), free)
    return slope.abs().sum(dim=1)


def gradient_share(loss: RowLoss, logits: Tensor, labels: Tensor) -> Floats:
    """Return (k,) the share of each class in the gradient at the logits: sums over its rows; sums to 1.

    What a sampler and weights do to it can be told beforehand; what focal and margin losses do depends on how well
    the model knows each row, so it is measured.

    Parameters
    ----------
    logits
        (n, k) of the rows as they are drawn.
    labels
        (n,) their classes.
    """
    norms = gradient_norms(loss, logits, labels).double().cpu().numpy()
    pull = np.bincount(labels.cpu().numpy(), norms, minlength=logits.shape[1])
    return np.asarray(pull / max(float(pull.sum()), 1e-300))
