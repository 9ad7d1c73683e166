"""Softening an overshoot: corrections of the skew are weakened until the exponent is 1."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy  # not scipy.optimize, which every worker would import: scipy does it where it is used

from evenhand.balance.prior.effective_prior import EffectivePrior
from evenhand.balance.registries import over_present
from evenhand.base.values import Floats

ORDER = ("weights", "loss", "sampler")
"""The part that is weakened first: weights cause large steps on single rows, a sampler does not."""


@dataclass(frozen=True, eq=False)
class Softened:
    """An effective prior whose parts were weakened.

    Attributes
    ----------
    prior
        The prior with the target exponent.
    powers
        The power that each part was raised to, for those that were changed; 0 removes it.
    """

    prior: EffectivePrior
    powers: dict[str, float]

    @property
    def description(self) -> str:
        """A description of what was changed."""
        words = [
            f"{part} removed" if power == 0 else f"{part} raised to the power {power:.2f}"
            for part, power in self.powers.items()
        ]
        return f"softened to the exponent {self.prior.exponent:.2f}: {' and '.join(words)}"


def softened(prior: EffectivePrior, *, aim: float = 1.0) -> Softened:
    """Return a prior whose exponent is at most `aim`.

    The exponents of the parts add up, so a part of exponent t that is raised to the power p has the exponent p t:
    the excess is taken from weights first, then from those of the loss, then from the sampler. The exponent of
    label smoothing depends on the sampler, so under smoothing the power of the sampler is found numerically.
    """
    excess, powers = prior.exponent - aim, {}
    for part in ORDER:
        own = prior.parts[part]
        if excess > 1e-9 and own > 0:
            powers[part] = 0.0 if excess > own * (1 - 1e-9) else (own - excess) / own
            excess = max(0.0, excess - own)
    if prior.smoothing and "sampler" in powers:
        powers["sampler"] = _sampler_power(prior, powers, aim)
    return Softened(raised(prior, powers), powers)


def _sampler_power(prior: EffectivePrior, powers: dict[str, float], aim: float) -> float:
    """Return the largest power of the sampler, from 0 to 1, at which the exponent is not above `aim`."""

    def excess(power: float) -> float:
        return raised(prior, {**powers, "sampler": power}).exponent - aim

    if excess(0.0) >= 0:
        return 0.0
    return float(scipy.optimize.brentq(excess, 0.0, 1.0)) if excess(1.0) > 0 else 1.0


def raised(prior: EffectivePrior, powers: dict[str, float]) -> EffectivePrior:
    """Return the prior with parts raised to powers; those not named stay as they are."""
    weights, loss, sampler = (powers.get(part, 1.0) for part in ORDER)
    return replace(
        prior,
        class_weights=_power(prior.class_weights, weights, prior.counts, absent=1.0),
        loss_weights=_power(prior.loss_weights, loss, prior.counts, absent=1.0),
        shifts=prior.shifts * loss,
        sampling=_power(prior.sampling, sampler, prior.counts, absent=0.0),
    )


def _power(figures: Floats, power: float, counts: Floats, absent: float) -> Floats:
    """Return figures to a power, scaled again to a mean of 1 over rows; a class that is never sampled stays so."""
    if power == 1.0:
        return figures
    own = figures[counts > 0]
    return over_present(lambda _: np.where(own > 0, np.maximum(own, 1e-300) ** power, 0.0), counts, absent)
