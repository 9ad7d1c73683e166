"""Options of the encoders of scan lines; without torch."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from evenhand.base.settings.section import Section, option

LossAt = Literal["every_line", "last_line"]
LOSS_AT = (
    "Where the loss is taken while training: after every line, so that a part of a scan is enough later, or after "
    "the last one."
)


class ScanCnn2dOptions(Section):
    """Options of `scan_cnn2d`."""

    layers: int = option(3, ge=1, le=6, unit="blocks", description="Residual blocks; each halves lines and width.")
    width: int = option(
        32, ge=4, le=1024, unit="channels", description="Channels of the first block; later ones have more."
    )
    dropout: float = option(0.1, ge=0, lt=1, description="Dropout within a block.")
    norm: Literal["batch", "line"] = option(
        "batch",
        description="How maps are normalised: over the batch, or every line of every scan by itself.",
    )


class ScanPictureOptions(Section):
    """Options of `scan_picture`."""

    network: str = option(
        "package:efficientnet-lite0",
        pattern=r"^(timm|package):\S+$",
        description="The network for photos, timm:NAME or package:NAME, with the weights that it came with.",
    )
    zoom: float = option(
        1.0,
        gt=0,
        le=8,
        description="Scale of the picture, which is `width` by `max_lines` of [scanlines] times this.",
    )
    form: Literal["full", "light"] = option(
        "full",
        description="Light holds normalisations and depthwise kernels as they came: it trains twice as fast on a "
        "processor.",
    )


class LineOptions(Section):
    """What all encoders of lines in time share."""

    channels: int = option(
        16, ge=1, le=512, unit="channels", description="Channels of the first convolution; later ones have more."
    )
    convolutions: int = option(
        3, ge=1, le=8, description="Convolutions over a line and the two before it; each halves the width."
    )
    width: int = option(96, ge=4, le=2048, unit="units", description="Length of the vector of a line.")
    layers: int = option(2, ge=1, le=32, description="Layers over the vectors of lines.")
    dropout: float = option(0.1, ge=0, lt=1, description="Dropout within convolutions and layers.")


class ScanConvGruOptions(LineOptions):
    """Options of `scan_conv_gru`."""

    layers: int = option(1, ge=1, le=8, description="Recurrent layers over the vectors of lines.")
    loss_at: LossAt = option("every_line", description=LOSS_AT)


class ScanTransformerOptions(LineOptions):
    """Options of `scan_vit`."""

    heads: int = option(4, ge=1, le=64, description="Heads of attention; they divide the width.")
    feed_forward: int = option(
        192, ge=4, le=8192, unit="units", description="Width of the layer between two attentions."
    )

    @model_validator(mode="after")
    def _divides(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"width = {self.width} is not a multiple of heads = {self.heads}")
        return self


class ScanCausalOptions(ScanTransformerOptions):
    """Options of `scan_causal`."""

    loss_at: LossAt = option("every_line", description=LOSS_AT)


ENCODER_OPTIONS: dict[str, type[Section]] = {
    "scan_cnn2d": ScanCnn2dOptions,
    "scan_conv_gru": ScanConvGruOptions,
    "scan_causal": ScanCausalOptions,
    "scan_vit": ScanTransformerOptions,
    "scan_picture": ScanPictureOptions,
}
"""Name of an encoder -> the section of its options."""
