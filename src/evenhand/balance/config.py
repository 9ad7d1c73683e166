"""The section [balance]: what is done about skewed classes."""

from __future__ import annotations

from typing import Any

from pydantic import field_validator

from evenhand.balance.choose import LOSSES, SAMPLERS, WEIGHTS, Choice, chosen
from evenhand.base.config import Section, option
from evenhand.base.errors import ConfigError, EvenhandError

_REGISTRIES = {"sampler": SAMPLERS, "weights": WEIGHTS, "loss": LOSSES}


class BalanceConfig(Section):
    """What is done about skewed classes. Each key takes a name, or a table with the name and its options."""

    sampler: Choice = option("none", says="Which rows make up an epoch: none (each once) or balanced.")
    weights: Choice = option(
        "none", says='Class weights in the loss: none, or { name = "inverse", power = 1.0, max_ratio = 10 }.'
    )
    loss: Choice = option("cross_entropy", says="What is minimised.")

    @field_validator("sampler", "weights", "loss", mode="before")
    @classmethod
    def _known(cls, value: Any, info: Any) -> Any:
        """Check the name, and the options against the section that it names."""
        if not isinstance(value, (str, dict)):
            raise ValueError("give a name, or a table with a name and options")
        try:
            chosen(_REGISTRIES[info.field_name], value)
        except ConfigError as error:
            raise ValueError("; ".join(str(fault) for fault in error.faults)) from None
        except EvenhandError as error:
            raise ValueError(str(error)) from None
        return value
