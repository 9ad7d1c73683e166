"""Trivial features of pairs: a bag of hashed words, with the size and the mean colour of the picture."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evenhand.base.values import Floats, Ints
from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.pairs.features.words import words_of
from evenhand.modalities.pairs.reading.encode import stored_texts
from evenhand.modalities.photos.floor import size_and_colour

BUCKETS = 256


def words_and_colour(entry: StoreEntry, rows: Ints, facts: pd.DataFrame) -> tuple[str, Floats]:
    """Return a name and (n, 258 to 263) counts of hashed words, which halves there are, colour and size.

    Words are hashed (Weinberger et al. 2009) rather than counted in a vocabulary: nothing is learned from any row,
    so that held-out rows and those of a second set get the same features.
    """
    from sklearn.feature_extraction.text import HashingVectorizer  # tasks need no floor

    bag = HashingVectorizer(n_features=BUCKETS, analyzer=words_of, alternate_sign=False, norm=None)
    counts = bag.transform(stored_texts(entry, rows)).toarray()
    present = np.asarray(entry["present"][rows], dtype=np.float64)
    looks = np.nan_to_num(size_and_colour(entry, rows, facts)[1])  # a picture that is not there has no size
    return "words, size and colour", np.column_stack([counts, present, looks])
