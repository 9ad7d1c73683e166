"""How an office draws: what the drawings of a series share and what says nothing about the part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

VERSIONS = ("R12", "R2000", "R2004", "R2010", "R2018")

LAYERS = {
    "outline": ("轮廓线", "OUTLINE"),
    "centre": ("中心线", "CENTER"),
    "dimension": ("标注", "DIM"),
    "hatch": ("剖面线", "HATCH"),
    "text": ("文字", "TEXT"),
    "frame": ("图框", "FRAME"),
}
"""What is drawn -> the layer's name in Chinese and in English."""


@dataclass(frozen=True)
class Office:
    """The habits of an office.

    Attributes
    ----------
    version
        DXF version, one of `VERSIONS`.
    chinese
        Whether layers, texts and file names are Chinese; otherwise English.
    polylines
        Whether outlines are polylines with bulges; otherwise single lines and arcs.
    inserts
        Whether holes and balls are inserts of a block; otherwise circles.
    centre_lines, hatches, frame
        Whether these are drawn.
    dimensions
        Dimensions of a drawing, at most.
    scale, origin, turned
        The unit of the drawing in millimetres, where its zero lies, and whether it is turned by 90 degrees.
    """

    version: str = "R2010"
    chinese: bool = False
    polylines: bool = True
    inserts: bool = False
    centre_lines: bool = True
    hatches: bool = True
    frame: bool = False
    dimensions: int = 2
    scale: float = 1.0
    origin: complex = 0j
    turned: bool = False

    @property
    def factor(self) -> complex:
        """The complex number by which every point is multiplied before `origin` is added."""
        return self.scale * (1j if self.turned else 1)

    def layer(self, what: str) -> str:
        """Return the name of a layer."""
        return LAYERS[what][0 if self.chinese else 1]


def some_office(rng: np.random.Generator, *, chinese: bool) -> Office:
    """Return an office with habits at random: they must not tell one class from another."""

    def coin(share: float) -> bool:
        return bool(rng.random() < share)

    return Office(
        version=str(rng.choice(VERSIONS)),
        chinese=chinese,
        polylines=coin(0.5),
        inserts=coin(0.4),
        centre_lines=coin(0.7),
        hatches=coin(0.5),
        frame=coin(0.4),
        dimensions=int(rng.integers(0, 5)),
        scale=float(rng.choice([1.0, 1.0, 1 / 25.4, 10.0])),
        origin=complex(*np.round(rng.uniform(-2000, 2000, 2), 1)),
        turned=coin(0.2),
    )
