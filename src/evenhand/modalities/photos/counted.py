"""What reading does to photos: counted from the facts in their headers, without decoding anything."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evenhand.base.values import Ints
from evenhand.modalities.counters import Counter
from evenhand.modalities.images.exif_sizes import upright_sizes
from evenhand.modalities.photos.config import PhotosConfig

COUNTED = (
    Counter("shaped", "option", "photos that are not square, brought into the square", "photos.fit"),
    Counter(
        "ground", "option", "photos with transparent parts or padding, where the ground shows", "photos.ground"
    ),
    Counter("tones", "option", "photos with more than 8 bits, reduced to 8", "photos.tones"),
    Counter("turned", "count", "photos turned upright as their EXIF data say"),
)


def counted(facts: pd.DataFrame, config: PhotosConfig) -> Ints | None:
    """Return (n, len(COUNTED)) int64 of 0 and 1; None if the facts are not those of photos.

    A picture that declares transparency counts even if all of its pixels are opaque: its header does not say.
    """
    sizes = upright_sizes(facts)
    if sizes is None or not {"orientation", "transparent", "deep"} <= set(facts):
        return None
    shaped = sizes[0] != sizes[1]
    transparent = facts["transparent"].to_numpy(bool)
    ground = transparent | (shaped if config.fit == "pad" else False)
    turned = facts["orientation"].to_numpy(np.int64) > 1
    return np.column_stack([shaped, ground, facts["deep"].to_numpy(bool), turned]).astype(np.int64)
