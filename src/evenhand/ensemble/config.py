"""The section [ensemble]: how models are blended."""

from __future__ import annotations

from pydantic import field_validator

from evenhand.base.config import Section, option
from evenhand.base.errors import unknown
from evenhand.ensemble.blends import BLENDS


class EnsembleConfig(Section):
    """How models are blended, once there are at least two."""

    methods: list[str] = option(
        ["equal", "nnls"], says="Ways of weighting the models, each judged by itself; an empty list blends nothing."
    )

    @field_validator("methods")
    @classmethod
    def _known(cls, methods: list[str]) -> list[str]:
        for position, name in enumerate(methods):
            if name not in BLENDS:
                raise ValueError(unknown("blend", name, BLENDS.names()))
            if name in methods[:position]:
                raise ValueError(f'"{name}" is named twice')
        return methods
