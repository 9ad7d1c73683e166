"""Options of the encoders of scan lines; without torch."""

from __future__ import annotations

from typing import Literal

from evenhand.base.settings.section import Section, option


class ScanCnn2dOptions(Section):
    """Options of `scan_cnn2d`."""

    layers: int = option(3, ge=1, le=6, unit="blocks", says="Residual blocks; each halves lines and width.")
    width: int = option(
        32, ge=4, le=1024, unit="channels", says="Channels of the first block; later ones have more."
    )
    dropout: float = option(0.1, ge=0, lt=1, says="Dropout within a block.")
    norm: Literal["batch", "line"] = option(
        "batch",
        says="How maps are normalised: over the batch, or every line of every scan by itself.",
    )
