"""What comes with a pair and may give its label away: words of the text, missing halves, the picture's file."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evenhand.base.values import Floats, Ints
from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.pairs.features.words import common_words
from evenhand.modalities.pairs.reading.encode import IMAGE, stored_texts
from evenhand.modalities.photos.wrapping import wrapping as of_photos


def wrapping(entry: StoreEntry, rows: Ints, facts: pd.DataFrame) -> Mapping[str, Floats]:
    """Return which halves there are, which common words the text has, and what photos have.

    A row without a picture has the median of the others there: that it has none is a measure of its own.
    """
    present = np.asarray(entry["present"][rows], dtype=np.float64)
    out = {
        "which of picture and text are there": present,
        "single words of the text": common_words(stored_texts(entry, rows))[1],
    }
    seen = np.flatnonzero(present[:, IMAGE])
    if len(seen):
        files = facts.iloc[seen].reset_index(drop=True)
        for name, measures in of_photos(entry, rows[seen], files).items():
            out[name] = spread_out(measures, seen, len(rows))
    return out


def spread_out(measures: Floats, seen: Ints, n: int) -> Floats:
    """Return (n, d) measures of the rows `seen`, (m, d) -> with their median in the others."""
    out = np.tile(np.median(measures, axis=0), (n, 1))
    out[seen] = measures
    return out
