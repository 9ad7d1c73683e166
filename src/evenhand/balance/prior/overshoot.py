"""Message on an overshoot: what reverses the skew, and how to fix it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from evenhand.balance.config import BalanceConfig
from evenhand.balance.correction.prior_shift import adjustment
from evenhand.balance.prior.describe import choice_words
from evenhand.balance.prior.effective_prior import EffectivePrior
from evenhand.balance.prior.exponent import LIMIT, SKEWED, inversion
from evenhand.balance.prior.soften import ORDER, raised, softened
from evenhand.base.settings.named_choice import as_table
from evenhand.base.text.toml_text import toml_value

SHARE = 0.1
"""Smallest exponent of a part that counts as compensating the skew."""


def compensating(prior: EffectivePrior, config: BalanceConfig, *, least: float = SHARE) -> dict[str, float]:
    """Return the parts that correct the skew by `least` or more: description -> exponent."""
    chosen = {
        **{part: f"{part} {choice_words(getattr(config, part))}" for part in ORDER},
        "smoothing": f"label smoothing {prior.smoothing:g}",
    }
    # Smoothing counts earlier: on top of an exponent of 1 it can be what exceeds the limit.
    enough = {"smoothing": min(least, LIMIT - 1)}
    return {chosen[part]: value for part, value in prior.parts.items() if value >= enough.get(part, least)}


def overshoot_words(prior: EffectivePrior, config: BalanceConfig) -> str | None:
    """Return a sentence about an overshoot and its fix; None where there is none."""
    if prior.overshoots():
        made = [f"{name} ({value:.2f})" for name, value in compensating(prior, config).items()]
        each = f"{', '.join(made[:-1])} and {made[-1]} together have" if len(made) > 1 else f"{made[0]} has"
        fix = " or ".join(f"balance.{key} = {toml_value(value)}" for key, value in patch_of(prior, config).items())
        return (
            f"{each} the exponent {prior.exponent:.2f}, which inverts the skew: the model is "
            f'made to expect {_expected(prior)}. Set {fix}, or on_overshoot = "soften" or "allow".'
        )
    return _adjusted(prior, config)


def patch_of(prior: EffectivePrior, config: BalanceConfig) -> dict[str, Any]:
    """Return the key of [balance] and the value that would reduce the exponent to 1 or less."""
    positive = [part for part in ORDER if prior.parts[part] >= 0.005]
    if len(positive) > 1:
        # The first part that suffices alone, so that the patch changes one key.
        enough = (part for part in positive if raised(prior, {part: 0.0}).exponent <= LIMIT)
        gone = next(enough, positive[0])
        return {gone: "cross_entropy" if gone == "loss" else "none"}
    part = positive[0] if positive else "weights"
    choice: str | dict[str, Any] = getattr(config, part)
    table = as_table(choice)
    strength = "tau" if part == "loss" else "power"
    present: float | None = table.get(strength, _FULL.get(f"{part} {table['name']}"))
    if present is not None and (strength in table or prior.smoothing):
        name = "power" if table["name"] == "balanced" else table["name"]
        return {part: {**table, "name": name, strength: _weaker(present * softened(prior).powers.get(part, 1.0))}}
    return {part: "cross_entropy" if part == "loss" else "none"}


_FULL = {"weights inverse": 1.0, "sampler balanced": 1.0, "loss logit_adjusted": 1.0}
"""Strength of a choice that states none."""


def _weaker(strength: float) -> float:
    """Return a strength to three digits, rounded down."""
    # Down, so that the exponent of the proposed strength is never above 1; the margin absorbs rounding.
    return math.floor(strength * 1000 + 1e-6) / 1000


def _adjusted(prior: EffectivePrior, config: BalanceConfig) -> str | None:
    """Return a sentence if post-hoc adjustment is added to a prior that is already balanced."""
    if not config.adjust or prior.multi_label:
        return None
    trained = {"trained": prior.exponent, "uniform": 1.0}.get(str(config.correct_to), 0.0)
    shift = adjustment(prior.counts, config.adjust)
    after = prior.shifted(shift).exponent - prior.exponent + trained
    under = {"trained": prior.shares, "uniform": np.ones(prior.k)}.get(str(config.correct_to), prior.natural)
    if after <= LIMIT + 1e-9 or inversion(prior.counts, under * np.exp(shift)) < SKEWED - 1e-9:
        return None
    return (
        f'adjust = {config.adjust:g} on top of correct_to = "{config.correct_to}" (exponent {trained:.2f}) gives '
        f"the exponent {after:.2f}, which inverts the skew. Set balance.adjust = 0, "
        'or on_overshoot = "soften" or "allow".'
    )


def _expected(prior: EffectivePrior) -> str:
    rare = prior.rarest
    return f"{prior.names[rare]}, {prior.natural[rare]:.2%} of the rows, in {prior.shares[rare]:.1%} of them"
