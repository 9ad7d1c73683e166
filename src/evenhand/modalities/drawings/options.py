"""Options of the encoders of drawings (`[[model]] options`). No torch here."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator, model_validator

from evenhand.base.settings.section import Section, option

LEAST_RASTER = 16
"""The convolutions halve a picture four times."""

Pooling = Literal["mean", "max", "sum", "attention"]


class DrawingEncoderOptions(Section):
    """What all encoders of drawings share."""

    width: int = option(96, ge=8, le=2048, unit="units", description="Width of every hidden layer.")
    layers: int = option(
        3, ge=1, le=32, description="Layers: rounds of messages along edges, or blocks of attention."
    )
    dropout: float = option(0.1, ge=0, lt=1, description="Dropout inside the layers.")
    pooling: list[Pooling] = option(
        ["mean", "max", "attention"],
        min_length=1,
        description="How nodes become one vector per drawing, concatenated.",
    )
    strokes: bool = option(
        True, description="Whether nodes read the points along their primitive, beside its measures."
    )
    raster: int = option(
        0,
        ge=0,
        le=512,
        unit="px",
        description="Side of a small picture of the drawing that is read beside it: at least 16, or 0 for none.",
    )
    pretrain_epochs: int = option(
        0,
        ge=0,
        unit="epochs",
        description="Epochs of contrastive training beforehand, on the drawings of the training folds without "
        "labels.",
    )

    @field_validator("raster")
    @classmethod
    def _large_enough(cls, raster: int) -> int:
        if 0 < raster < LEAST_RASTER:
            raise ValueError(f"a picture has at least {LEAST_RASTER} px; give 0 for none")
        return raster


class StrokesOptions(DrawingEncoderOptions):
    """Options of `strokes`."""

    heads: int = option(4, ge=1, le=64, description="Heads of attention; they divide the width.")
    inducing: int = option(
        16, ge=1, le=256, description="Inducing points: attention costs so many times the number of primitives."
    )

    @model_validator(mode="after")
    def _whole_heads(self) -> StrokesOptions:
        if self.width % self.heads:
            raise ValueError(
                f"options.width = {self.width} cannot be divided among options.heads = {self.heads}; "
                "choose a multiple"
            )
        return self
