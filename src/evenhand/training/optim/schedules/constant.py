"""A constant learning rate."""

from __future__ import annotations

from collections.abc import Sequence

from evenhand.base.settings.section import Section
from evenhand.training.optim.schedules.registry import SCHEDULES


@SCHEDULES.register("constant")
class Constant(Section):
    """The peak until the end."""

    def multiplier(self, at: float, total: float, values: Sequence[float]) -> float:
        """Return 1."""
        return 1.0
