"""Asymmetric loss, where several classes may hold and most rows hold few."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from evenhand.balance.registries import LOSSES, ClassNames
from evenhand.base.settings.section import Section, option

if TYPE_CHECKING:
    from torch import Tensor

    from evenhand.balance.registries import RowLoss


@LOSSES.register("asymmetric")
class Asymmetric(Section):
    """Focal terms that fade absent classes faster than present ones, and forget easy absences.

    Ben-Baruch et al. 2021, eq. 7: (1 - p)^positive log p where a class holds, and p_m^negative log(1 - p_m)
    where it does not, p_m = max(p - clip, 0).
    """

    measured: ClassVar[str] = "what fades depends on how well the model knows each class"
    multi_label_only: ClassVar[bool] = True

    negative: float = option(4.0, ge=0, description="How fast known absences lose weight (their gamma-).")
    positive: float = option(1.0, ge=0, description="How fast known presences lose weight (their gamma+).")
    clip: float = option(
        0.05, ge=0, lt=1, description="Probability below which an absence costs nothing (their m)."
    )

    def build(self, classes: ClassNames) -> RowLoss:
        """Return the loss of each row: means over classes."""
        from torch.nn.functional import logsigmoid

        from evenhand.balance.loss_terms import weighted_sum

        def terms(logits: Tensor, shares: Tensor) -> Tensor:
            p = logits.sigmoid()
            # clamped away from 0: a power below 1 has an infinite slope there, and the logarithm no value
            yes = (1 - p).clamp_min(1e-7) ** self.positive * logsigmoid(logits)
            shifted = (p - self.clip).clamp_min(0.0)
            no = shifted.clamp_min(1e-7) ** self.negative * (1 - shifted).clamp_min(1e-6).log()
            return -(shares * yes + (1 - shares) * no)

        return weighted_sum(terms, classes.weights, mean=True)
