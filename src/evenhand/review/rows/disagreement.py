"""How far models are from one another on a row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import entr

from evenhand.base.values import Floats


def jensen_shannon(committee: Sequence[Floats], *, several: bool = False) -> Floats:
    """Return (n,) the generalised Jensen-Shannon divergence of m predictions of each row, in nats.

    The entropy of the mean minus the mean of the entropies (Lin 1991, eq. 5.1): 0 where all models predict the
    same, at most log m where each is certain of another class. It is the measure of McCallum and Nigam (1998), the
    mean Kullback-Leibler divergence from the mean of the committee.

    Parameters
    ----------
    committee
        m arrays (n, k) of probabilities.
    several
        Whether several classes may hold: the divergences of the k yes-or-no predictions are then summed.
    """
    mean, entropy = np.zeros_like(committee[0], dtype=np.float64), np.zeros(len(committee[0]))
    for p in committee:  # one after the other: all at once would be m tables in memory
        mean += p
        entropy += _entropy(p, several)
    m = len(committee)
    return np.asarray(np.maximum(_entropy(mean / m, several) - entropy / m, 0.0))


def _entropy(p: Floats, several: bool) -> Floats:
    of_classes = entr(p) + entr(1.0 - p) if several else entr(p)
    return np.asarray(of_classes.sum(axis=1))
