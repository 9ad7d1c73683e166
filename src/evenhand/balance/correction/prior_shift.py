"""Probabilities moved from one prior to another, after the training."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats


def prior_shift(trained: Floats, wanted: Floats) -> Floats:
    """Return (k,) logit shifts from one prior to another: log(wanted / trained).

    Added to the logits they give the probabilities that a model trained under `wanted` would give (Saerens et al.
    2002, eq. 4; Elkan 2001, theorem 2). A class that was never trained on has no prior to correct; it gets the
    smallest shift of the others, which raises nothing. One that is not wanted keeps a trace, e^-30 of its share.

    Parameters
    ----------
    trained, wanted
        (k,) shares of the classes.

    >>> prior_shift(np.array([0.5, 0.5]), np.array([0.9, 0.1])).round(3).tolist()
    [0.588, -1.609]
    """
    there = trained > 0
    if not there.any():
        return np.zeros(len(trained))
    # The floor keeps a shift finite for a class that is wanted not at all.
    own = np.log(np.maximum(wanted[there], trained[there] * np.exp(-30.0)) / trained[there])
    out = np.full(len(trained), own.min())
    out[there] = own
    return out


def rate_shift(trained: Floats, wanted: Floats, *, least: float = 1e-12) -> Floats:
    """Return (k,) logit shifts where several classes may hold: the difference of the log odds of each class.

    Parameters
    ----------
    trained, wanted
        (k,) share of the rows that hold each class, in 0..1.
    """
    both = [np.clip(rates, least, 1 - least) for rates in (trained, wanted)]
    odds = [np.log(rates) - np.log1p(-rates) for rates in both]
    return np.asarray(np.where((trained > 0) & (wanted > 0), odds[1] - odds[0], 0.0))


def adjustment(counts: Floats, tau: float) -> Floats:
    """Return (k,) shifts of post-hoc logit adjustment: -tau log n (Menon et al. 2021, eq. 9).

    A class without rows gets none.
    """
    shares = counts / max(counts.sum(), 1e-300)
    return np.asarray(np.where(counts > 0, -tau * np.log(np.where(counts > 0, shares, 1.0)), 0.0))
