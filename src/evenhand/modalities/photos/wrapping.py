"""What comes with a photo and is not what it shows: dimensions, format, a frame around it, its compression."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evenhand.base.text.cells import plain_texts
from evenhand.base.values import Floats, Ints
from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.images.borders import frame_colours
from evenhand.modalities.images.exif_sizes import upright_sizes
from evenhand.modalities.images.image_statistics import picture_traits
from evenhand.modalities.unexplained import unexplained

EXPLAINING = ("fine detail", "contrast", "colour: s")
"""Measures of a picture that explain how well it can be compressed."""


def wrapping(entry: StoreEntry, rows: Ints, facts: pd.DataFrame) -> Mapping[str, Floats]:
    """Return what the headers of the files, their edges and their length give."""
    out = {}
    sizes = upright_sizes(facts)
    if sizes is not None:
        w, h = sizes
        out["the dimensions of the file"] = np.column_stack([w, h, w / h])
    stored = [name for name in ("format", "mode") if name in facts]
    if stored:
        out["the format of the file"] = pd.get_dummies(facts[stored].apply(plain_texts)).to_numpy(np.float64)
    if "image" in entry:
        pictures = np.asarray(entry["image"][rows])
        out["the frame around the picture"] = frame_colours(pictures)
        if sizes is not None and "bytes" in facts:
            bits = np.log2(np.maximum(facts["bytes"].to_numpy(np.float64), 1) * 8 / (w * h))
            known = [name for name in facts.columns if str(name).startswith(EXPLAINING)]
            traits = facts[known] if known else picture_traits(pictures).filter(regex=f"^({'|'.join(EXPLAINING)})")
            # A detailed picture needs more bits at any quality; only what is left can give its source away.
            out["the compression of the file"] = unexplained(bits, traits.to_numpy(np.float64))[:, None]
    return out
