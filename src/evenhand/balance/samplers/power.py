"""Rows drawn by a power of how rare their class is."""

import numpy as np

from evenhand.balance.max_ratio import MAX_RATIO, capped
from evenhand.balance.registries import SAMPLERS
from evenhand.base.settings.section import Section, option
from evenhand.base.values import Floats


@SAMPLERS.register("power")
class Power(Section):
    """Sample rows of class c with weight counts[c] to the power of `-power`.

    Power 0 keeps class shares, 1 samples all classes equally often, 0.5 lies half way on a log scale
    (Mahajan et al. 2018, section 2.3, use 0.5).
    """

    power: float = option(
        0.5, ge=0, le=2, description="Exponent of the inverse count: 0 keeps natural shares, 1 is balanced."
    )
    max_ratio: float | None = option(None, ge=1, description=MAX_RATIO)

    def sampling_weights(self, counts: Floats) -> Floats:
        """Return counts to the power of `-power`, the largest at most `max_ratio` times the smallest."""
        return capped(np.asarray(counts, dtype=np.float64) ** -self.power, self.max_ratio)
