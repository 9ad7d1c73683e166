"""The section [ensemble]: how models are blended."""

from __future__ import annotations

from pydantic import field_validator

from evenhand.base.errors import ConfigError, EvenhandError
from evenhand.base.settings.section import Section, option
from evenhand.blending.core.spec import Choice, recipe


class EnsembleConfig(Section):
    """How models are blended, once there are at least two."""

    methods: list[Choice] = option(
        ["equal", "nnls"],
        says='Ways of blending, each judged by itself: names ("nnls+temperature" for two steps), or tables with a '
        "name and options; an empty list blends nothing.",
    )

    @field_validator("methods")
    @classmethod
    def _known(cls, methods: list[Choice]) -> list[Choice]:
        seen: list[str] = []
        for choice in methods:
            name = _named(choice)
            if name in seen:
                raise ValueError(f'"{name}" is named twice')
            seen.append(name)
        return methods


def _named(choice: Choice) -> str:
    """Return the name of a recipe, with its faults as one sentence."""
    try:
        return recipe(choice).name
    except ConfigError as error:
        raise ValueError("; ".join(str(fault) for fault in error.faults)) from None
    except EvenhandError as error:
        raise ValueError(str(error)) from None
