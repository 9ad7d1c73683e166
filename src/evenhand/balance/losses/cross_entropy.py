"""Cross-entropy, for classes that exclude each other and for classes that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenhand.balance.registries import LOSSES, ClassNames
from evenhand.base.settings.section import Section

if TYPE_CHECKING:
    from torch import Tensor

    from evenhand.balance.registries import Reduction, RowLoss


@LOSSES.register("cross_entropy")
class CrossEntropy(Section):
    """Minus the log-probability of the truth; one term per class where several may hold."""

    def build(self, classes: ClassNames) -> RowLoss:
        """Return the loss of each row; the weights multiply the terms of their class."""
        import torch

        from evenhand.balance.loss_terms import on_devices

        weights = classes.weights
        per_class = None if (weights == 1).all() else on_devices(torch.as_tensor(weights, dtype=torch.float32))
        form = _binary if classes.multi_label else _categorical

        def row_loss(logits: Tensor, targets: Tensor, reduction: Reduction) -> Tensor:
            if per_class is None:
                return form(logits, targets, None, reduction)
            rows = form(logits, targets, per_class(logits.device), "none")
            return rows.mean() if reduction == "mean" else rows  # torch would divide by the weights of the batch

        return row_loss


def _categorical(logits: Tensor, targets: Tensor, weight: Tensor | None, reduction: Reduction) -> Tensor:
    """Return -sum_c w_c t_c log softmax(z)_c; targets are (b,) classes or (b, k) shares."""
    from torch.nn.functional import cross_entropy

    return cross_entropy(logits, targets, weight=weight, reduction=reduction)


def _binary(logits: Tensor, targets: Tensor, weight: Tensor | None, reduction: Reduction) -> Tensor:
    """Return means over classes of w_c times the binary cross-entropy of class c."""
    from torch.nn.functional import binary_cross_entropy_with_logits

    if reduction == "mean":
        return binary_cross_entropy_with_logits(logits, targets, weight=weight)
    return binary_cross_entropy_with_logits(logits, targets, weight=weight, reduction="none").mean(dim=1)
