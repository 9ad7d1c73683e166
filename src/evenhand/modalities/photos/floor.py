"""Trivial features of photos: how large the file is, and its mean colour."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evenhand.base.values import Floats, Ints
from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.images.exif_sizes import upright_sizes


def size_and_colour(
    entry: StoreEntry, rows: Ints, facts: pd.DataFrame, *, side: int = 32, chunk: int = 256
) -> tuple[str, Floats]:
    """Return a name and (n, 3 to 5) mean red, green and blue, with width and height of the file where known.

    The mean is that of a grid of about `side` pixels a side, which is within a grey level or two of the whole.
    """
    stored, colours = entry["image"], np.empty((len(rows), 3))
    step = max(1, min(stored.shape[1:3]) // side)
    for start in range(0, len(rows), chunk):  # in parts: all pictures at once may not fit into memory
        part = np.stack([stored[row, ::step, ::step] for row in rows[start : start + chunk]])
        colours[start : start + chunk] = part.mean(axis=(1, 2), dtype=np.float64)
    sizes = upright_sizes(facts)
    return "size and colour", colours if sizes is None else np.column_stack([colours, *sizes])
