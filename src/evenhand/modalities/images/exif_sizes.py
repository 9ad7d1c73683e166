"""Sizes of pictures as displayed, after the rotation given by EXIF."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evenhand.base.values import Floats


def upright_sizes(facts: pd.DataFrame) -> tuple[Floats, Floats] | None:
    """Return (n,) widths and (n,) heights in px, at least 1, NaN for a row without a file; None if none is known.

    EXIF orientations 5 to 8 swap width and height (CIPA DC-008, 4.6.5).
    """
    if not {"width", "height"} <= set(facts):
        return None
    w, h = (np.maximum(facts[name].to_numpy(dtype=np.float64), 1) for name in ("width", "height"))
    if "orientation" not in facts:
        return w, h
    turned = facts["orientation"].to_numpy(dtype=np.float64) >= 5
    return np.where(turned, h, w), np.where(turned, w, h)
