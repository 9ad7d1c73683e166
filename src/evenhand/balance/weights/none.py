"""An error costs the same on every class."""

import numpy as np

from evenhand.balance.registries import WEIGHTS
from evenhand.base.settings.section import Section
from evenhand.base.values import Floats


@WEIGHTS.register("none")
class NoWeights(Section):
    """Let an error cost the same on every class."""

    def class_weights(self, counts: Floats) -> Floats:
        """Return ones."""
        return np.ones(len(counts))
