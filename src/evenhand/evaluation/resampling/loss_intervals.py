"""Intervals of mean losses that are dominated by few rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from evenhand.base.values import Floats, Ints
from evenhand.evaluation.core.metric import Measure
from evenhand.evaluation.resampling.group_tails import ALIKE, GroupTails
from evenhand.evaluation.resampling.rare_event_limits import loss_limits

FEWEST_EVENTS = 2.0
"""With fewer effective units in a loss, (Σx)²/Σx², it is too few to tell."""
FEWEST_GROUPS = 5.0
"""With fewer effective groups, likewise: one bad group can outweigh all others."""


@dataclass(frozen=True)
class LossInterval:
    """Limits of a mean loss, and why they are not reliable ("" if they are)."""

    low: float
    high: float
    why: str


def loss_interval(
    one: Measure, groups: Ints | None, variance: float, level: float, tails: GroupTails = ALIKE
) -> LossInterval:
    """Return the limits of a mean of losses as a sum of rare events, with one unseen event.

    The unseen event is a wrong prediction, at the loss that the model's own probabilities imply for it.

    Parameters
    ----------
    one
        A measure whose features sum losses and rows.
    groups
        (n,) group numbers, or None.
    variance
        Over bootstrap replicates.
    level
        Coverage asked for.
    tails
        How the contributions of groups are distributed.
    """
    assert one.metric.cost is not None
    counts = one.base()
    total = max(float(counts.sum()), 1.0)
    of = np.arange(len(counts)) if groups is None else groups
    sums = np.bincount(of, weights=_losses(one))
    sizes = np.bincount(of, weights=counts)
    loss = float(sums.sum()) / total
    deciding = float(sums.sum()) ** 2 / max(float(sums @ sums), 1e-300)
    effective = total**2 / max(float(sizes @ sizes), 1e-300)
    freedom = max(min(deciding, effective) - 1, 0.5)
    if groups is not None:
        variance = variance * effective / max(effective - 1, 0.5) + tails.pair
        freedom = max(min(freedom, tails.freedom(max(effective, 1.5))), 0.5)
    cost = float(one.metric.cost(one.rows, one.chosen) @ counts) / total
    # Gamma limits have no quantile to widen, so the variance is, by the square of Student's over the normal one.
    wide = (float(special.stdtrit(freedom, 0.5 + level / 2)) / float(special.ndtri(0.5 + level / 2))) ** 2
    # At least what the worst group added to the mean: another such group may come.
    unseen = max(cost - loss, float((sums - loss * sizes).max(initial=0.0)), 0.0) / total
    low, high = loss_limits(loss, variance * wide, unseen, level)
    why = ""
    if groups is not None and effective < FEWEST_GROUPS:
        why = f"a loss over about {effective:.1f} groups"
    elif deciding < FEWEST_EVENTS:
        why = f"about {deciding:.1f} {'rows' if groups is None else 'groups'} make up the loss"
    return LossInterval(low, high, why)


def _losses(one: Measure) -> Floats:
    """Return (n,) the loss of each row: its contribution to the first sum."""
    own = one.features.column == 0
    value = np.ones(len(one.features.row)) if one.features.value is None else one.features.value
    added = np.bincount(one.features.row[own], weights=value[own], minlength=one.features.shape[0])
    return np.asarray(added, dtype=np.float64)
