"""Cross-entropy, for classes that exclude each other and for classes that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenhand.balance.choose import LOSSES, Classes
from evenhand.base.config import Section

if TYPE_CHECKING:
    from torch import Tensor

    from evenhand.balance.choose import RowLoss


@LOSSES.register("cross_entropy")
class CrossEntropy(Section):
    """Minus the log-probability of the truth; one term per class where several may hold."""

    def build(self, classes: Classes) -> RowLoss:
        """Return the loss of each row; the weights multiply the terms of their class."""
        import torch

        weights = classes.weights
        per_class = None if (weights == 1).all() else torch.as_tensor(weights, dtype=torch.float32)
        form = _binary if classes.several else _categorical

        def row_loss(logits: Tensor, targets: Tensor) -> Tensor:
            weight = None if per_class is None else per_class.to(logits.device)
            return form(logits, targets, weight)

        return row_loss


def _categorical(logits: Tensor, targets: Tensor, weight: Tensor | None) -> Tensor:
    """Return (b,) -sum_c w_c t_c log softmax(z)_c; targets are (b,) classes or (b, k) shares."""
    from torch.nn.functional import cross_entropy

    return cross_entropy(logits, targets, weight=weight, reduction="none")


def _binary(logits: Tensor, targets: Tensor, weight: Tensor | None) -> Tensor:
    """Return (b,) means over classes of w_c times the binary cross-entropy of class c."""
    from torch.nn.functional import binary_cross_entropy_with_logits

    terms = binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return (terms if weight is None else terms * weight).mean(dim=1)
