"""What comes with a drawing and is not its geometry: layers, colours, amount of text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

BINS = 16
"""Bins of the hashes of layer names."""
SURROUNDINGS = ("layers", "colours", "text length", *(f"layer name {b}" for b in range(BINS)))
"""Columns of the array "wrapping"."""
TEXTS = ("TEXT", "MTEXT", "ATTRIB", "ATTDEF")


def surroundings(entities: Iterable[Any]) -> npt.NDArray[np.float64]:
    """Return (len(SURROUNDINGS),) measures of the entities of a layout; they are for checks, no model reads them.

    Names of layers are hashed, so that equal names fall into the same bin in every drawing.
    """
    layers: set[str] = set()
    colours: set[int] = set()
    text = 0
    for entity in entities:
        try:
            layers.add(str(entity.dxf.get("layer", "0")).casefold())
            colours.add(int(entity.dxf.get("color", 256)))
            if entity.dxftype() in TEXTS:
                text += len(str(entity.dxf.get("text", "") or getattr(entity, "text", "")))
        except (AttributeError, TypeError, ValueError):
            continue  # a damaged entity has no layer or colour to count
    bins = np.zeros(BINS)
    for name in layers:
        bins[hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=2).digest()[0] % BINS] = 1
    return np.array([len(layers), len(colours), text, *bins], dtype=np.float64)
