"""Layers, colours and words of primitives, read only where the configuration asks: they often name the class.

A mark is three numbers for each curve: its layer and its text as positions in tables of names, and its colour
as an AutoCAD colour index. In a block, layer "0" and the colour "by block" stand for those of the insert, so that
they can only be resolved while a drawing is exploded.
"""

from __future__ import annotations

import unicodedata
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.modalities.drawings.reading.shapes import Curves, Ints

BY_BLOCK, BY_LAYER = 0, 256
COLUMNS = {"layers": 8, "colours": 9, "text": 16}
"""What may be read -> further columns of the array "nodes", in this order."""
_LONGEST = 200
"""Characters of a text that are read."""


NO_MARK = (0, BY_LAYER, 0)
"""Layer 0, the colour of the layer, no words: what an entity has whose own cannot be read."""


class Marker:
    """Notes the layer, the colour and the words of entities.

    Parameters
    ----------
    document
        The `ezdxf` drawing that holds the layers.
    read
        Which of "layers", "colours" and "text" are wanted.
    """

    def __init__(self, document: Any, read: tuple[str, ...]) -> None:
        self.read = read
        self._document = document
        self._layers: dict[str, int] = {"0": 0}
        self._texts: dict[str, int] = {"": 0}

    def of(self, entity: Any) -> tuple[int, int, int]:
        """Return the mark of an entity, as it stands in its container."""
        layer = self._layers.setdefault(str(entity.dxf.get("layer", "0")), len(self._layers))
        colour = int(entity.dxf.get("color", BY_LAYER)) if "colours" in self.read else BY_LAYER
        return layer, colour, self._text(entity) if "text" in self.read else 0

    def inherited(self, curves: Curves, insert: Any) -> Curves:
        """Return the curves of a block with what they take over from an insert of it."""
        if curves.marks is None or not len(curves):
            return curves
        layer, colour, _ = self.of(insert)
        marks = curves.marks.copy()
        if colour == BY_LAYER and layer:
            colour = self._colour_of(layer)  # of the insert's layer, whichever layer the curve lies on
        marks[marks[:, 1] == BY_BLOCK, 1] = colour
        marks[marks[:, 0] == 0, 0] = layer
        return Curves(curves.kinds, curves.counts, curves.closed, curves.points, marks)

    def columns(self, marks: Ints) -> npt.NDArray[np.float32]:
        """Return (n, sum of their `COLUMNS`) float32 of (n, 3) marks: hashed layers, colours, hashed words."""
        parts = [np.zeros((len(marks), 0))]
        if "layers" in self.read:
            table = np.array([hashed(name, COLUMNS["layers"]) for name in self._layers])
            parts.append(table[marks[:, 0]])
        if "colours" in self.read:
            by_layer = np.array([self._colour_of(layer) for layer in range(len(self._layers))])
            colour = np.where(marks[:, 1] == BY_LAYER, by_layer[marks[:, 0]], marks[:, 1])
            # 1 to 7 have names, from red to white; 0 is "by block" outside any block; all others are one
            parts.append(np.eye(COLUMNS["colours"])[np.where((colour >= 0) & (colour <= 7), colour, 8)])
        if "text" in self.read:
            table = np.array([hashed(text, COLUMNS["text"]) for text in self._texts])
            parts.append(table[marks[:, 2]])
        return np.concatenate(parts, axis=1).astype(np.float32)

    def _colour_of(self, layer: int) -> int:
        name = list(self._layers)[layer]
        try:
            return abs(int(self._document.layers.get(name).dxf.color))  # negative where the layer is off
        except Exception:  # a layer that the file never declares
            return 7

    def _text(self, entity: Any) -> int:
        name = entity.dxftype()
        if name == "MTEXT":
            words = entity.plain_text(fast=True)
        elif name in ("TEXT", "ATTRIB", "ATTDEF"):
            words = entity.dxf.get("text", "")
        else:
            return 0
        words = unicodedata.normalize("NFKC", str(words)).casefold()[:_LONGEST]
        return self._texts.setdefault(" ".join(words.split()), len(self._texts))


def hashed(text: str, size: int) -> npt.NDArray[np.float64]:
    """Return (size,) signed hashes of the one to three consecutive characters of a text, of length 1 in all.

    Weinberger et al. 2009, Feature Hashing for Large Scale Multitask Learning. CRC-32, as `hash` differs between
    processes.
    """
    out = np.zeros(size)
    for n in (1, 2, 3):
        for start in range(len(text) - n + 1):
            code = zlib.crc32(text[start : start + n].encode("utf-8", "surrogatepass"))
            out[(code >> 1) % size] += 1 if code & 1 else -1
    norm = float(np.linalg.norm(out))
    return out / norm if norm else out
