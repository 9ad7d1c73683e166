"""Words for the direction in which a measure shifts."""

from __future__ import annotations

import pandas as pd

from evenhand.base.values import Mask
from evenhand.modalities.images.image_statistics import aspect_of

WORDS = {
    "brightness: mean": ("darker", "brighter"),
    "contrast: spread": ("flatter", "of more contrast"),
    "colour: saturation": ("paler", "more colourful"),
    "fine detail: at 1 px": ("smoother", "richer in detail"),
    "sharpness: 1 against 2 px": ("more blurred", "sharper"),
    "border colour: brightness": ("darker at the border", "brighter at the border"),
    "picture size: area": ("of smaller files", "of larger files"),
    "picture shape: width to height": ("narrower", "wider"),
    "compression: bits per pixel": ("more compressed", "less compressed"),
}
"""Measure -> words for less and for more of it."""


def shifts(within: pd.DataFrame, side: Mask) -> dict[str, float]:
    """Return measure -> its shift on this side, in standard deviations within classes."""
    gap = within[side].mean() - within[~side].mean()
    return {str(name): float(value) for name, value in gap.items()}


def in_words(shift: dict[str, float], aspect: str, *, least: float = 0.3) -> str:
    """Return the word for the direction of an aspect, or "" where it differs from class to class.

    >>> in_words({"brightness: mean": -0.8}, "brightness"), in_words({"brightness: mean": 0.1}, "brightness")
    ('darker', '')
    """
    for name, (less, more) in WORDS.items():
        if aspect_of(name) == aspect and abs(shift.get(name, 0.0)) >= least:
            return more if shift[name] > 0 else less
    return ""
