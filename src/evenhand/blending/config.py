"""The section [ensemble]: how models are blended."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import field_validator

from evenhand.base.settings.named_choice import Choice, faults_as_value_error
from evenhand.base.settings.section import Section, option
from evenhand.blending.core.spec import Recipe, recipe


class EnsembleConfig(Section):
    """How models are blended, once there are at least two; of one model, how it is calibrated."""

    methods: list[Choice] = option(
        ["equal", "nnls"],
        description='Blending methods, each evaluated separately: names ("nnls+temperature" for two), or tables '
        "with a name and options; an empty list blends nothing. A run of one model takes those that calibrate.",
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

    def recipes(self, *, models: int, score: Mapping[str, float] | None = None) -> list[Recipe]:
        """Return the recipes that a run of so many models makes: of one model, those that calibrate it.

        A blend of one model without a calibrator is that model again.
        """
        every = [recipe(choice, score=score) for choice in self.methods]
        return every if models > 1 else [one for one in every if one.then]


def _named(choice: Choice) -> str:
    """Return the name of a recipe, with its faults as one sentence."""
    with faults_as_value_error():
        return recipe(choice).name
