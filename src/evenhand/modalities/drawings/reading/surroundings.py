"""What comes with a drawing and is not its geometry: layers, colours, names of blocks, what is written in it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from ezdxf.tools.text import fast_plain_mtext

from evenhand.modalities.drawings.reading.marks import BY_BLOCK, BY_LAYER
from evenhand.modalities.drawings.vocabulary import BLOCK_BINS, COLOURS, LAYER_BINS, WORD_BINS

TEXTS = frozenset({"TEXT", "MTEXT", "ATTRIB"})
MOST = 100_000
"""Most entities of blocks that are looked at."""
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass
class Surroundings:
    """Of a layout and of every block that it inserts, each once.

    Attributes
    ----------
    layers
        Names in lower case.
    colours
        Colour index -> entities, with colours "by layer" resolved; -1 is a colour beyond the index.
    blocks
        Names in lower case, without those that programs number (*D12).
    texts
        What is written, with the codes of multi-line texts.
    """

    layers: set[str] = field(default_factory=set)
    colours: Counter[int] = field(default_factory=Counter)
    blocks: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    def measures(self) -> npt.NDArray[np.float64]:
        """Return (len(`vocabulary.SURROUNDINGS`),) measures for checks; no model reads them.

        Names are hashed, so that equal ones fall into the same bin in every drawing.
        """
        total = max(1, self.colours.total())
        shares = np.array([self.colours[index] / total for index in range(1, len(COLOURS))])
        plain = [str(fast_plain_mtext(text)) for text in self.texts]
        words = {word for text in plain for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold())}
        return np.concatenate([
            [len(self.layers), len(self.colours)],
            _binned(self.layers, LAYER_BINS),
            [1 - shares.sum() if self.colours else 0.0],
            shares,
            [len(self.blocks)],
            _binned(self.blocks, BLOCK_BINS),
            [sum(map(len, plain))],
            _binned(words, WORD_BINS),
        ])  # fmt: skip

    def words_number(self) -> int:
        """Return a hash of the set of texts, from -2^63 to 2^63 - 1, by which copies are told apart; 0 for none."""
        written = sorted({text.strip() for text in self.texts} - {""})
        if not written:
            return 0
        digest = hashlib.blake2b("\x00".join(written).encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return int.from_bytes(digest, "big", signed=True)


def surroundings(document: Any, layout: Iterable[Any]) -> Surroundings:
    """Return what comes with the entities of a layout, and with those of the blocks that they insert."""
    found, by_layer = Surroundings(), _LayerColours(document)
    waiting: list[Sequence[Any]] = []
    _look_at(layout, found, by_layer, waiting)
    left = MOST
    while waiting and left > 0:
        entities = list(waiting.pop())[:left]
        left -= len(entities)
        _look_at(entities, found, by_layer, waiting)
    return found


def _look_at(entities: Iterable[Any], found: Surroundings, by_layer: _LayerColours, waiting: list[Any]) -> None:
    """Note what comes with entities; the contents of blocks seen for the first time are added to `waiting`."""
    for entity in entities:
        try:
            dxf, name = entity.dxf, entity.dxftype()
            layer = str(dxf.get("layer", "0")).casefold()
            found.layers.add(layer)
            colour = int(dxf.get("color", BY_LAYER)) if not dxf.hasattr("true_color") else -1
            found.colours[by_layer[layer] if colour == BY_LAYER else colour] += 1
            if name in TEXTS:
                found.texts.add(str(entity.text if name == "MTEXT" else dxf.text))
            elif name == "INSERT":
                waiting.append(entity.attribs)
                block = str(dxf.name).casefold()
                if block not in found.blocks:
                    found.blocks.add(block)
                    waiting.append(by_layer.document.blocks.get(dxf.name) or ())
        except (MemoryError, RecursionError):
            raise
        except Exception:  # a damaged entity, which reading has counted
            continue


class _LayerColours(dict[str, int]):
    """Name of a layer in lower case -> colour index, looked up once."""

    def __init__(self, document: Any) -> None:
        super().__init__()
        self.document = document

    def __missing__(self, name: str) -> int:
        try:
            colour = abs(int(self.document.layers.get(name).dxf.color))  # negative where the layer is off
        except Exception:  # a layer that the file never declares
            colour = 7
        self[name] = colour if colour not in (BY_BLOCK, BY_LAYER) else 7
        return self[name]


def _binned(names: Iterable[str], bins: int) -> npt.NDArray[np.float64]:
    """Return (bins,) 1 where the hash of a name falls; blocks that programs number are left out."""
    out = np.zeros(bins)
    for name in names:
        if not name.startswith("*"):
            digest = hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=2).digest()
            out[int.from_bytes(digest, "big") % bins] = 1
    return out
