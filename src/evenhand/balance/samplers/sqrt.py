"""Rows drawn by the square root of how rare their class is."""

import numpy as np

from evenhand.balance.max_ratio import MAX_RATIO, capped
from evenhand.balance.registries import SAMPLERS
from evenhand.base.settings.section import Section, option
from evenhand.base.values import Floats


@SAMPLERS.register("sqrt")
class Sqrt(Section):
    """Sample rows of class c with weight 1 / sqrt(counts[c]) (Mahajan et al. 2018, section 2.3)."""

    max_ratio: float | None = option(None, ge=1, description=MAX_RATIO)

    def sampling_weights(self, counts: Floats) -> Floats:
        """Return counts to the power of -1/2, the largest at most `max_ratio` times the smallest."""
        return capped(1.0 / np.sqrt(counts), self.max_ratio)
