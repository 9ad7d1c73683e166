"""When class weights come into force: from natural ones to full strength, epoch by epoch."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats


def strength(epoch: int, *, first: int = 0, warmup: float = 0.0) -> float:
    """Return the share of full strength in an epoch: 0 before `first`, then rising over `warmup` epochs to 1.

    A warm-up begins at 0: its first epoch has natural weights. `first` with no warm-up are deferred weights
    (Cao et al. 2019, algorithm 1).

    >>> [strength(e, warmup=4) for e in range(6)]
    [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]
    >>> [strength(e, first=2) for e in range(4)]
    [0.0, 0.0, 1.0, 1.0]
    """
    if epoch < first:
        return 0.0
    return min(1.0, (epoch - first) / warmup) if warmup > 0 else 1.0


def weights_at(weights: Floats, counts: Floats, share: float) -> Floats:
    """Return class weights at a share of their strength: w^share, scaled to a mean of 1 over rows.

    Parameters
    ----------
    weights
        (k,) at full strength.
    counts
        (k,) rows of each class.
    """
    if share == 1.0:
        return weights
    # A power, not a mixture: the exponent of the prior then rises linearly with the share.
    own = weights**share
    return np.asarray(own * counts.sum() / max(float(own @ counts), 1e-300))
