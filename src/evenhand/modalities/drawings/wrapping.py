"""What comes with a drawing and is not its shape."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evenhand.base.text.cells import plain_texts
from evenhand.base.values import Floats, Ints
from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.drawings.floor import entity_counts
from evenhand.modalities.drawings.vocabulary import BLOCKS, LOOKS, SURROUNDINGS, WORDS
from evenhand.modalities.unexplained import unexplained

FARTHEST = 1e30
"""Places and sizes beyond it, in units of a drawing, count as this."""


def wrapping(entry: StoreEntry, rows: Ints, facts: pd.DataFrame) -> Mapping[str, Floats]:
    """Return place and size in units of the drawing, layers and colours, blocks, words, and measures of the file.

    Models of this package read drawings in a unit box, without layers, colours and words unless asked for them;
    a model on raw coordinates would learn what is found here.
    """
    counts = np.log1p(entity_counts(entry, rows))
    size = np.log1p(facts["bytes"].to_numpy(np.float64))
    stored = [name for name in ("version", "codepage", "form") if name in facts]
    words = pd.get_dummies(facts[stored].apply(plain_texts)).to_numpy(np.float64)
    around = np.asarray(entry["wrapping"][rows], dtype=np.float64)
    # A drawing may lie at 1e99, and the trees of EH113 compute in float32.
    place = np.asarray(entry["box"][rows], dtype=np.float64).clip(-FARTHEST, FARTHEST)
    return {
        "where a drawing lies and how large it is": place,
        "its layers and colours": around[:, [SURROUNDINGS.index(name) for name in LOOKS]],
        "the names of its blocks": around[:, [SURROUNDINGS.index(name) for name in BLOCKS]],
        "what is written in it": around[:, [SURROUNDINGS.index(name) for name in WORDS]],
        # Most of a file's length is its entities, which are content.
        "the version and the size of the file": np.column_stack([unexplained(size, counts), words]),
    }
