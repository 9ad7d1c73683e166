"""Cross-entropy, for classes that exclude each other and for classes that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenhand.balance.choose import LOSSES
from evenhand.base.config import Section
from evenhand.base.values import Floats

if TYPE_CHECKING:
    from torch import Tensor

    from evenhand.balance.choose import RowLoss


@LOSSES.register("cross_entropy")
class CrossEntropy(Section):
    """Minus the log-probability of the truth; one term per class where several may hold."""

    def build(self, counts: Floats, weights: Floats, several: bool) -> RowLoss:
        """Return the loss of each row; `weights` (k,) multiply the terms of their class."""
        import torch

        per_class = None if (weights == 1).all() else torch.as_tensor(weights, dtype=torch.float32)
        form = _binary if several else _categorical

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
