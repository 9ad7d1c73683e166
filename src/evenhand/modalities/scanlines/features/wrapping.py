"""What comes with a scan and is not what it shows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evenhand.base.text.cells import plain_texts
from evenhand.base.values import Floats, Ints
from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.scanlines.features.line_statistics import line_statistics
from evenhand.modalities.unexplained import unexplained


def wrapping(entry: StoreEntry, rows: Ints, facts: pd.DataFrame) -> Mapping[str, Floats]:
    """Return number of lines, size and scale, what the header says, and the part of the file's length left over.

    A scan that was broken off has a reason, which may be the class; models of this package see how many lines it
    has. They see no scale.
    """
    out: dict[str, Floats] = {}
    lines = entry["lines"]
    scanned = np.array([len(lines[int(row)]) for row in rows], dtype=np.float64)
    sizes = [scanned]
    if {"width", "height"} <= set(facts):
        sizes += [facts[name].to_numpy(np.float64) for name in ("width", "height")]
    out["the number of lines and of pixels"] = np.column_stack(sizes)
    known = [name for name in ("pixel_m", "line_m") if name in facts]
    if known:
        scale = facts[known].to_numpy(np.float64)
        stated = np.isfinite(scale) & (scale > 0)
        out["the size of a pixel"] = np.column_stack([np.log(np.where(stated, scale, 1.0)), stated])
    words = [name for name in ("stored", "channel", "unit", "directions", "first") if name in facts]
    if words:
        out["the format, channel and direction"] = pd.get_dummies(facts[words].apply(plain_texts)).to_numpy(
            np.float64
        )
    if {"bytes", "width", "height"} <= set(facts):
        pixels = facts["width"].to_numpy(np.float64) * facts["height"].to_numpy(np.float64)
        bits = np.log2(np.maximum(8 * facts["bytes"].to_numpy(np.float64), 1) / np.maximum(pixels, 1))
        # Noise needs more bits than rows of atoms: only what is left can give the source of a file away.
        out["the size of the file"] = unexplained(bits, line_statistics(entry, rows))[:, None]
    return out
