"""Generalised cross-entropy, for labels of which some are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from evenhand.balance.registries import LOSSES, ClassNames
from evenhand.base.settings.section import Section, option

if TYPE_CHECKING:
    from torch import Tensor

    from evenhand.balance.registries import RowLoss


@LOSSES.register("generalised_cross_entropy")
class GeneralisedCrossEntropy(Section):
    """(1 - p^q) / q, p the probability of the truth (Zhang & Sabuncu 2018, eq. 6).

    q towards 0 is cross-entropy, q = 1 the mean absolute error, which bears wrong labels and learns slowly.
    """

    measured: ClassVar[str] = "it lets go of rows that the model does not believe, whatever their class"
    exclusive: ClassVar[bool] = True

    q: float = option(0.7, gt=0, le=1, description="From cross-entropy (0) to the mean absolute error (1).")

    def build(self, classes: ClassNames) -> RowLoss:
        """Return the loss of each row, times the weight of its class."""
        from torch.nn.functional import log_softmax

        from evenhand.balance.loss_terms import weighted_sum

        def terms(logits: Tensor, shares: Tensor) -> Tensor:
            return shares * -(self.q * log_softmax(logits, dim=1)).expm1() / self.q

        return weighted_sum(terms, classes.weights)
