"""Every row once an epoch."""

import numpy as np

from evenhand.balance.registries import SAMPLERS
from evenhand.base.settings.section import Section
from evenhand.base.values import Floats


@SAMPLERS.register("none")
class Shuffle(Section):
    """Draw every row once an epoch, in a new order each time."""

    def sampling_weights(self, counts: Floats) -> Floats:
        """Return ones."""
        return np.ones(len(counts))
