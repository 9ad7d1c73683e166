"""How pairs look and read, in measures with names: of pictures, image statistics; of texts, length and script."""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd

from evenhand.base.values import Ints, Mask
from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.images.blank import blank_pictures
from evenhand.modalities.images.image_statistics import picture_traits
from evenhand.modalities.pairs.features.words import words_of
from evenhand.modalities.pairs.features.wrapping import spread_out
from evenhand.modalities.pairs.reading.encode import IMAGE, stored_texts
from evenhand.modalities.pairs.reading.same_halves import text_key


def pair_traits(entry: StoreEntry, rows: Ints) -> pd.DataFrame:
    """Return (n, d) float32 measures with columns "aspect: measure"; a missing picture has the median of others."""
    present = np.asarray(entry["present"][rows], dtype=np.float32)
    table = pd.DataFrame([_of_text(text) for text in stored_texts(entry, rows)], dtype=np.float32)
    table["missing halves: picture"], table["missing halves: text"] = 1 - present.T
    seen = np.flatnonzero(present[:, IMAGE])
    if len(seen):
        looks = picture_traits(np.asarray(entry["image"][rows[seen]]))
        table[looks.columns] = spread_out(looks.to_numpy(np.float64), seen, len(rows)).astype(np.float32)
    return table.astype(np.float32)


def blank_pairs(entry: StoreEntry, rows: Ints) -> Mask:
    """Return (n,) bool, whether a row has no word, and no picture or a blank one."""
    wordless = np.array([text_key(text) is None for text in stored_texts(entry, rows)], dtype=bool)
    present = np.asarray(entry["present"][rows])[:, IMAGE].astype(bool)
    out: Mask = wordless & ~present
    seen = np.flatnonzero(wordless & present)
    if len(seen):
        out[seen] = blank_pictures(np.asarray(entry["image"][rows[seen]]))
    return out


def _of_text(text: str) -> dict[str, float]:
    letters = [char for char in text if char.isalpha()]
    some = max(1, len(letters))
    return {
        "text length: characters": float(np.log1p(len(text))),
        "text length: words": float(np.log1p(len(words_of(text)))),
        "script: letters beyond ASCII": sum(not char.isascii() for char in letters) / some,
        "script: written from right to left": sum(unicodedata.bidirectional(c) in ("R", "AL") for c in letters)
        / some,
        "spelling: capitals": sum(char.isupper() for char in letters) / some,
        "spelling: digits": sum(char.isdigit() for char in text) / max(1, len(text)),
    }
