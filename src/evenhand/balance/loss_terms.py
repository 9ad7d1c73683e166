"""Common parts of losses: targets as shares, weighted sums over classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from evenhand.base.values import Floats

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from evenhand.balance.registries import Reduction, RowLoss

Terms = Callable[["Tensor", "Tensor"], "Tensor"]
"""Logits (b, k) and shares of classes (b, k) -> (b, k) what each class adds to a row's loss, unweighted."""


def weighted_sum(terms: Terms, weights: Floats, *, mean: bool = False) -> RowLoss:
    """Return a loss whose rows are sums over classes of weight times term, or means over classes.

    Parameters
    ----------
    terms
        Arithmetic of the loss.
    weights
        (k,) weights of the classes.
    mean
        Whether a row is the mean over classes, as where several may hold.
    """
    import torch

    per_class = on_devices(torch.as_tensor(weights, dtype=torch.float32))

    def row_loss(logits: Tensor, targets: Tensor, reduction: Reduction) -> Tensor:
        every = per_class(logits.device) * terms(logits, as_shares(logits, targets))
        rows = every.mean(dim=1) if mean else every.sum(dim=1)
        # Over rows, not over their weights as torch does: small batches would weigh rare classes less than
        # stated.
        return rows.mean() if reduction == "mean" else rows

    return row_loss


def on_devices(constant: Tensor) -> Callable[[torch.device], Tensor]:
    """Return what gives a constant on a device; it is sent there once, and not in each step."""
    held = {constant.device: constant}

    def on(device: torch.device) -> Tensor:
        if device not in held:
            held[device] = constant.to(device)
        return held[device]

    return on


def as_shares(logits: Tensor, targets: Tensor) -> Tensor:
    """Return targets as (b, k) float shares: one-hot rows where they are classes."""
    from torch.nn.functional import one_hot

    if targets.ndim == 2:
        return targets.to(logits.dtype)
    return one_hot(targets, logits.shape[1]).to(logits.dtype)
