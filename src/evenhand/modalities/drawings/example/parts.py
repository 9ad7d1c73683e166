"""The seven classes of generated drawings, and one drawing of a class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from evenhand.modalities.drawings.example import long_parts, round_parts
from evenhand.modalities.drawings.example.offices import Office
from evenhand.modalities.drawings.example.sheet import Sheet
from evenhand.modalities.drawings.example.variants import VariantGenerator


@dataclass(frozen=True)
class GeneratedPart:
    """A class of parts.

    Attributes
    ----------
    english, chinese
        Its names.
    share
        Share of the drawings.
    draw
        Draws one of a size in millimetres.
    """

    english: str
    chinese: str
    share: float
    draw: Callable[[Sheet, VariantGenerator, float], None]


PARTS = (
    GeneratedPart("fastener", "紧固件", 0.28, round_parts.fastener),
    GeneratedPart("plate", "板件", 0.19, long_parts.plate),
    GeneratedPart("flange", "法兰", 0.16, round_parts.flange),
    GeneratedPart("shaft", "轴", 0.13, long_parts.shaft),
    GeneratedPart("bracket", "支架", 0.10, long_parts.bracket),
    GeneratedPart("bearing", "轴承", 0.08, round_parts.bearing),
    GeneratedPart("tank", "罐体", 0.06, long_parts.tank),
)
"""By share, the largest first."""


def draw_part(part: GeneratedPart, office: Office, series: int, own: np.random.Generator, title: str) -> Any:
    """Return a new `ezdxf` drawing of a part, of 10 to 1000 mm whatever its class.

    Parameters
    ----------
    series
        Seed of the form: drawings of one series are variants of each other.
    own
        Generator of what this drawing has of its own.
    """
    rng = VariantGenerator(series, own)
    sheet = Sheet(office)
    part.draw(sheet, rng, float(10 ** rng.uniform(1, 3)))
    sheet.finish(title, rng)
    return sheet.document
