"""Borders of one colour around a picture, as left by letterboxing, scanning or a white background."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Floats


def frame_colours(pictures: npt.NDArray[np.uint8], *, flat: float = 3.0) -> Floats:
    """Return (n, 4) whether the outermost ring of pixels has one colour (0/1), and that colour (0..255).

    Parameters
    ----------
    pictures
        (n, h, w, 3) uint8.
    flat
        Standard deviation, in grey levels of every channel, below which the ring counts as one colour;
        the colour of other rings is -255, far from every colour.
    """
    out = np.full((len(pictures), 4), -255.0)
    out[:, 0] = 0.0
    for row, picture in enumerate(pictures):
        ring = np.concatenate([picture[0], picture[-1], picture[1:-1, 0], picture[1:-1, -1]]).astype(np.float32)
        if ring.std(axis=0).max() < flat:
            out[row] = 1.0, *np.median(ring, axis=0)
    return out
