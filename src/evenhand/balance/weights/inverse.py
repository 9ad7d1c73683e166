"""The rarer a class, the more an error on it costs."""

import numpy as np

from evenhand.balance.max_ratio import MAX_RATIO, capped
from evenhand.balance.registries import WEIGHTS
from evenhand.base.settings.section import Section, option
from evenhand.base.values import Floats


@WEIGHTS.register("inverse")
class Inverse(Section):
    """Weigh a class by a power of how rare it is.

    With power 1 and no cap these are scikit-learn's "balanced" weights (King & Zeng 2001, eq. 7).
    """

    power: float = option(
        1.0, ge=0, le=2, description="Exponent of the inverse count: 0 gives equal weights, 1 makes classes equal."
    )
    max_ratio: float | None = option(None, ge=1, description=MAX_RATIO)

    def class_weights(self, counts: Floats) -> Floats:
        """Return counts to the power of `-power`, the largest at most `max_ratio` times the smallest."""
        return capped(np.asarray(counts, dtype=np.float64) ** -self.power, self.max_ratio)
