"""Every model counts the same."""

import numpy as np

from evenhand.ensemble.align import Aligned
from evenhand.ensemble.blends import BLENDS
from evenhand.ensemble.weights import Weights, shares


@BLENDS.register("equal")
def equal(models: Aligned) -> Weights:
    """Return equal weights; nothing is learned, so nothing can be learned too well."""
    assert models.first.fold is not None
    even = shares(np.ones(len(models.models)))
    return Weights(even, np.tile(even, (int(models.first.fold.max()) + 1, 1)))
