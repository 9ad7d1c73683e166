"""The section [photos]: how pictures become arrays of one size."""

from __future__ import annotations

from typing import Literal

from evenhand.base.settings.section import Section, option

Fit = Literal["crop", "squash", "pad"]
Ground = Literal["white", "grey", "black"]
Tones = Literal["type", "picture"]


class PhotosConfig(Section):
    """How pictures become arrays of one size."""

    size: int = option(224, ge=16, le=4096, unit="px", description="Side of the square input of a model.")
    fit: Fit = option(
        "crop",
        description="How a picture fills the square: cropped at the centre, squashed, or padded.",
    )
    ground: Ground = option("white", description="Background of transparent pictures, and colour of the padding.")
    tones: Tones = option(
        "type",
        description="How more than 8 bits are reduced to 8: by the range of the type, or from each picture's "
        "darkest to its brightest value.",
    )
    max_pixels: int = option(
        100_000_000,
        ge=1,
        le=178_956_970,  # Pillow refuses more in any case
        unit="px",
        description="Larger pictures are refused before they are decoded.",
    )
