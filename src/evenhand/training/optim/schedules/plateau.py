"""Drops where the validation value no longer improves."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evenhand.base.settings.section import Section, option
from evenhand.training.optim.schedules.registry import SCHEDULES


@SCHEDULES.register("plateau")
class Plateau(Section):
    """The rate times `factor` after every `patience` epochs without improvement."""

    patience: int = option(2, ge=1, unit="epochs", description="Epochs without improvement before a drop.")
    factor: float = option(0.3, gt=0, lt=1, description="Factor on the rate at each drop.")

    def multiplier(self, at: float, total: float, values: Sequence[float]) -> float:
        """Return the factor to the power of the drops so far."""
        return float(self.factor ** plateau_falls(values, self.patience))


def plateau_falls(values: Sequence[float], patience: int) -> int:
    """Return how often `patience` epochs passed without improvement; each drop of the rate restarts the count.

    >>> plateau_falls([0.2, 0.5, 0.4, 0.4, 0.4], 2)
    1
    """
    best, waited, falls = math.nan, 0, 0
    for value in values:
        if math.isnan(best) or value > best:
            best, waited = value, 0
        else:
            waited += 1
        if waited == patience:
            waited, falls = 0, falls + 1
    return falls
