"""The section [balance]: treatment of skewed classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from pydantic import field_validator

from evenhand.balance.registries import LOSSES, SAMPLERS, WEIGHTS
from evenhand.base.settings.named_choice import Choice, checked_choice
from evenhand.base.settings.section import Section, merged, option

_REGISTRIES = {"sampler": SAMPLERS, "weights": WEIGHTS, "loss": LOSSES}


class BalanceConfig(Section):
    """What is done about skewed classes.

    `sampler`, `weights` and `loss` take a name, or a table with the name and its options.
    """

    sampler: Choice = option(
        "none",
        description="Which rows make up an epoch: none (each once), balanced, power, sqrt, effective_number, "
        "target_mix or balanced_subset.",
    )
    weights: Choice = option(
        "none",
        description="Class weights in the loss: none, inverse, effective_number or downweight, with options.",
    )
    loss: Choice = option(
        "cross_entropy",
        description="What is minimised: cross_entropy, focal, class_balanced_focal, ldam, logit_adjusted, "
        "asymmetric, symmetric_cross_entropy or generalised_cross_entropy.",
    )
    warmup_epochs: float = option(
        0.0, ge=0, unit="epochs", description="Time in which class weights rise from natural ones to full strength."
    )
    weights_from: int = option(0, ge=0, unit="epochs", description="Epoch before which class weights are natural.")
    on_overshoot: Literal["refuse", "soften", "allow"] = option(
        "refuse",
        description="What is done where all corrections together invert the skew (a class expected 1.5 times as "
        "often as one with 1.5 times its rows).",
    )
    correct_to: Literal["natural", "trained", "uniform"] | dict[str, float] = option(
        "natural",
        description="The prior that probabilities are corrected to before they are evaluated, blended or written: "
        "that of the data, the one trained under, equal classes, or a share per class.",
    )
    adjust: float = option(
        0.0,
        ge=0,
        le=2,
        description="Power of post-hoc logit adjustment on top: 1 turns natural shares into equal ones.",
    )

    def overridden(self, by: Mapping[str, Any]) -> BalanceConfig:
        """Return the section with a model's or a stage's own settings laid over it."""
        return BalanceConfig.model_validate(merged(self.model_dump(), by)) if by else self

    @field_validator("sampler", "weights", "loss", mode="before")
    @classmethod
    def _known(cls, value: Any, info: Any) -> Any:
        return checked_choice(_REGISTRIES[info.field_name], value)

    @field_validator("correct_to")
    @classmethod
    def _shares(cls, value: str | dict[str, float]) -> str | dict[str, float]:
        if isinstance(value, dict):
            given = list(value.values())
            if not given or not np.isfinite(given).all() or min(given) <= 0:
                raise ValueError("a stated prior holds a share above 0 for every class")
        return value
