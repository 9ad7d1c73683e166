"""Half a cosine from the peak to the end of a stage."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evenhand.base.settings.section import Section, option
from evenhand.training.optim.schedules.registry import SCHEDULES


@SCHEDULES.register("cosine")
class Cosine(Section):
    """Loshchilov & Hutter 2017, eq. 5, without restarts."""

    floor: float = option(0.0, ge=0, le=1, description="Share of the peak at which it ends.")

    def multiplier(self, at: float, total: float, values: Sequence[float]) -> float:
        """Return the share of the peak at a time; the floor after the end."""
        return self.floor + (1.0 - self.floor) * 0.5 * (1.0 + math.cos(math.pi * min(1.0, at / total)))
