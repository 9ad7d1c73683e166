"""Symmetric cross-entropy, for labels of which some are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from evenhand.balance.registries import LOSSES, ClassNames
from evenhand.base.settings.section import Section, option

if TYPE_CHECKING:
    from torch import Tensor

    from evenhand.balance.registries import RowLoss


@LOSSES.register("symmetric_cross_entropy")
class SymmetricCrossEntropy(Section):
    """alpha CE(t, p) + beta CE(p, t), log 0 taken as `log_zero` (Wang et al. 2019, eq. 8)."""

    measured: ClassVar[str] = (
        "its bounded part lets go of rows that the model does not believe, whatever their class"
    )
    exclusive: ClassVar[bool] = True

    alpha: float = option(0.1, ge=0, description="Share of cross-entropy, which learns fast and fits wrong labels.")
    beta: float = option(1.0, ge=0, description="Share of reverse cross-entropy, which bears wrong labels.")
    log_zero: float = option(-4.0, lt=0, description="What stands for log 0 in the reverse part (their A).")

    def build(self, classes: ClassNames) -> RowLoss:
        """Return the loss of each row, times the weight of its class."""
        from torch.nn.functional import log_softmax

        from evenhand.balance.loss_terms import weighted_sum

        def terms(logits: Tensor, shares: Tensor) -> Tensor:
            log_p = log_softmax(logits, dim=1)
            # the first bound keeps log finite, the second is the method's own A
            log_t = shares.clamp_min(1e-30).log().clamp_min(self.log_zero)
            reverse = -(log_p.exp() * log_t).sum(dim=1, keepdim=True)
            return shares * (self.beta * reverse - self.alpha * log_p)

        return weighted_sum(terms, classes.weights)
