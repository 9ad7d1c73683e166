"""Drops at equal distances."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evenhand.base.settings.section import Section, option
from evenhand.training.optim.schedules.registry import SCHEDULES


@SCHEDULES.register("step")
class Step(Section):
    """The rate times `factor` after every `epochs` epochs."""

    epochs: int = option(10, ge=1, unit="epochs", description="Time between two drops.")
    factor: float = option(0.1, gt=0, lt=1, description="Factor on the rate at each drop.")

    def multiplier(self, at: float, total: float, values: Sequence[float]) -> float:
        """Return the factor to the power of the drops so far."""
        return float(self.factor ** math.floor(at / self.epochs))
