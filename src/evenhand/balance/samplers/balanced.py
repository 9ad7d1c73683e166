"""Every class as often as every other."""

from evenhand.balance.registries import SAMPLERS
from evenhand.base.settings.section import Section
from evenhand.base.values import Floats


@SAMPLERS.register("balanced")
class BalancedSampler(Section):
    """Draw every class as often as every other; rows of rare classes recur within an epoch."""

    def sampling_weights(self, counts: Floats) -> Floats:
        """Return 1 / counts."""
        return 1.0 / counts
