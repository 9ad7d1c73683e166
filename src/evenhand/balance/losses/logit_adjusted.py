"""Cross-entropy on logits shifted by how common classes are."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from evenhand.balance.registries import LOSSES, ClassNames, over_present_shift
from evenhand.base.settings.section import Section, option
from evenhand.base.values import Floats

if TYPE_CHECKING:
    from torch import Tensor

    from evenhand.balance.registries import RowLoss


@LOSSES.register("logit_adjusted")
class LogitAdjusted(Section):
    """Cross-entropy of softmax(z + tau log n), n the share of each class (Menon et al. 2021, eq. 10).

    The logits z themselves, which predict, then believe in classes as n^(1 - tau): equal ones for tau 1.
    """

    exclusive: ClassVar[bool] = True

    tau: float = option(1.0, ge=0, le=2, description="Strength: 0 is cross-entropy, 1 makes classes equal.")

    def logit_shifts(self, counts: Floats) -> Floats:
        """Return -tau log n."""
        return np.asarray(-self.tau * np.log(counts / counts.sum()))

    def build(self, classes: ClassNames) -> RowLoss:
        """Return the loss of each row."""
        import torch
        from torch.nn.functional import log_softmax

        from evenhand.balance.loss_terms import on_devices, weighted_sum

        own = over_present_shift(self.logit_shifts, classes.counts)
        held = torch.as_tensor(own if classes.shifts is None else classes.shifts, dtype=torch.float32)
        shifts = on_devices(held)

        def terms(logits: Tensor, shares: Tensor) -> Tensor:
            return -shares * log_softmax(logits - shifts(logits.device), dim=1)

        return weighted_sum(terms, classes.weights)
