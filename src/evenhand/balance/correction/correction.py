"""The correction: from the prior that was trained under to the one that probabilities are to stand for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evenhand.balance.class_options import by_class
from evenhand.balance.config import BalanceConfig
from evenhand.balance.correction.prior_shift import adjustment, prior_shift, rate_shift
from evenhand.balance.correction.unsmoothing import Unsmoothing, remaining
from evenhand.balance.prior.effective_prior import EffectivePrior
from evenhand.base.errors import EvenhandError
from evenhand.base.values import Floats


def correction_of(config: BalanceConfig, prior: EffectivePrior, rows: int) -> Floats | None:
    """Return (k,) what is added to logits before they become probabilities, or None for nothing.

    Where targets were smoothed, it is for logits that `unsmoothing_of` was applied to.

    Parameters
    ----------
    rows
        Training rows.

    Raises
    ------
    EvenhandError
        If a stated prior names no share for a class, or the settings do not go with several labels.
    """
    if prior.multi_label:
        shifts = _multi_label_shifts(config, prior, rows)
        return shifts if np.abs(shifts).max(initial=0.0) > 1e-12 else None
    adjust, trained = _softer(config, prior), _unsmoothed(config, prior)
    shifts = prior_shift(trained.shares, wanted(config, trained)) + adjustment(prior.counts, adjust)
    held = shifts[prior.counts > 0]
    # The same shift of all classes does not change softmax probabilities.
    return shifts if len(held) and np.ptp(held) > 1e-12 else None


def unsmoothing_of(config: BalanceConfig, prior: EffectivePrior) -> Unsmoothing | None:
    """Return what is taken off logits before they are shifted; None where nothing was smoothed or is corrected."""
    if not prior.smoothing or config.correct_to == "trained":
        return None
    return Unsmoothing(prior.smoothing, prior.lean, prior.multi_label)


def output_prior(config: BalanceConfig, prior: EffectivePrior, shift: Floats | None) -> EffectivePrior:
    """Return the prior that corrected probabilities stand for."""
    base = _unsmoothed(config, prior)
    return base if shift is None else base.shifted(shift)


def _unsmoothed(config: BalanceConfig, prior: EffectivePrior) -> EffectivePrior:
    """Return the prior under the smoothing that is left once `unsmoothing_of` was applied."""
    return prior if config.correct_to == "trained" else replace(prior, smoothing=remaining(prior.smoothing))


def wanted(config: BalanceConfig, prior: EffectivePrior) -> Floats:
    """Return (k,) the prior that probabilities are corrected to, before any adjustment."""
    if config.correct_to == "trained":
        return prior.shares
    if config.correct_to == "natural":
        return prior.natural
    if config.correct_to == "uniform":
        held = prior.counts > 0
        return np.asarray(held / max(held.sum(), 1))
    given = by_class(config.correct_to, prior.names, "balance.correct_to")
    missing = [name for name, share in zip(prior.names, given, strict=True) if share is None]
    if missing:
        raise EvenhandError(
            f"balance.correct_to: no share for {', '.join(missing)}. A stated prior needs one for every class."
        )
    stated = np.array(given, dtype=np.float64)
    return np.asarray(stated / stated.sum())


def _softer(config: BalanceConfig, prior: EffectivePrior) -> float:
    """Return the power of post-hoc adjustment, less where an overshoot is softened."""
    if config.on_overshoot != "soften" or not config.adjust:
        return config.adjust
    trained = _unsmoothed(config, prior)
    before = trained.shifted(prior_shift(trained.shares, wanted(config, trained)))
    after = before.shifted(adjustment(prior.counts, config.adjust))
    return max(0.0, min(config.adjust, 1.0 - before.exponent)) if after.overshoots() else config.adjust


def _multi_label_shifts(config: BalanceConfig, prior: EffectivePrior, rows: int) -> Floats:
    if config.adjust or config.correct_to == "uniform":
        raise EvenhandError(
            'balance.adjust and correct_to = "uniform" are for classes that exclude each other; where several may '
            'hold for a row, use correct_to = "natural", "trained" or the share of rows that hold each class.'
        )
    if config.correct_to == "trained":
        return np.zeros(prior.k)
    natural = prior.rates
    left = remaining(prior.smoothing)
    # Each class is a binary decision here: smoothing moves its rate towards 1/2, not towards 1/k.
    trained = (1.0 - left) * prior.sampled_rates + left / 2
    if config.correct_to == "natural":
        return rate_shift(trained, natural)
    given = by_class(config.correct_to, prior.names, "balance.correct_to")
    return rate_shift(
        trained, np.array([old if new is None else new for new, old in zip(given, natural, strict=True)])
    )
