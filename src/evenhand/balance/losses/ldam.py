"""LDAM: rarer classes are asked for a wider margin."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from evenhand.balance.registries import LOSSES, ClassNames
from evenhand.base.settings.section import Section, option
from evenhand.base.values import Floats

if TYPE_CHECKING:
    from torch import Tensor

    from evenhand.balance.registries import RowLoss


@LOSSES.register("ldam")
class Ldam(Section):
    """Cross-entropy in which the true class must win by a margin of max_margin (n_min / n)^(1/4).

    Label-distribution-aware margins (Cao et al. 2019, eq. 13). Their deferred weights are
    `weights = "effective_number"` with `weights_from` at the epoch where the rate falls.
    """

    measured: ClassVar[str] = "what a margin does to a class depends on how far the model can pull it apart"
    exclusive: ClassVar[bool] = True

    max_margin: float = option(
        1.0, ge=0, description="Margin of the rarest class, in logits (theirs: 0.5 on cosines times a scale of 30)."
    )

    def margins(self, counts: Floats) -> Floats:
        """Return (k,) margins in logits; a class without rows has the widest."""
        least = counts[counts > 0].min(initial=np.inf)
        wide = least if np.isfinite(least) else 1.0
        return np.asarray(self.max_margin * (wide / np.where(counts > 0, counts, wide)) ** 0.25)

    def build(self, classes: ClassNames) -> RowLoss:
        """Return the loss of each row."""
        import torch
        from torch.nn.functional import log_softmax

        from evenhand.balance.loss_terms import on_devices, weighted_sum

        margins = on_devices(torch.as_tensor(self.margins(classes.counts), dtype=torch.float32))

        def terms(logits: Tensor, shares: Tensor) -> Tensor:
            return -shares * log_softmax(logits - shares * margins(logits.device), dim=1)

        return weighted_sum(terms, classes.weights)
