"""Focal loss with weights by the effective number of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from evenhand.balance.effective_number import effective_rows
from evenhand.balance.losses.focal import Focal, focal_loss
from evenhand.balance.registries import LOSSES, ClassNames
from evenhand.base.settings.section import Section, option
from evenhand.base.values import Floats

if TYPE_CHECKING:
    from evenhand.balance.registries import RowLoss


@LOSSES.register("class_balanced_focal")
class ClassBalancedFocal(Section):
    """Focal loss, each class weighted by (1 - beta) / (1 - beta^n) (Cui et al. 2019, eq. 12).

    The weights are the loss's own: with `weights` or a sampler they compensate twice, and the ledger says so.
    """

    measured: ClassVar[str] = Focal.measured

    gamma: float = option(
        2.0, ge=0, description="How fast known rows lose weight; 0 is class-balanced cross-entropy."
    )
    beta: float = option(
        0.999,
        ge=0,
        lt=1,
        description="Overlap of rows: 0 gives equal weights, towards 1 weights become inverse counts.",
    )

    def class_weights(self, counts: Floats) -> Floats:
        """Return 1 / effective number."""
        return 1.0 / effective_rows(counts, self.beta)

    def build(self, classes: ClassNames) -> RowLoss:
        """Return the loss of each row; one yes or no per class where several may hold."""
        return focal_loss(self.gamma, classes)
