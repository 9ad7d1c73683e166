"""Blank pictures: those whose pixels are (nearly) all the same."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Floats, Mask

FLAT = 1.5
"""Standard deviation, in grey levels of 0..255, below which a picture is blank (JPEG noise reaches 1)."""


def blank_pictures(pictures: npt.NDArray[np.uint8], *, flat: float = FLAT) -> Mask:
    """Return (n,) bool, whether a picture's standard deviation is below `flat` grey levels in every channel."""
    return np.asarray(picture_spread(pictures) < flat)


def picture_spread(pictures: npt.NDArray[np.uint8], *, points: int = 4096) -> Floats:
    """Return (n,) the largest standard deviation over the channels of (n, h, w, 3), in grey levels.

    Computed on an even grid of about `points` pixels, and on all pixels if that looks blank: fine lines can fall
    between the points of the grid.
    """
    h, w = pictures.shape[1:3]
    step = max(1, int((h * w / points) ** 0.5))
    spread = np.array([_spread(picture[::step, ::step]) for picture in pictures])
    for row in np.flatnonzero(spread < FLAT) if step > 1 else ():
        spread[row] = _spread(pictures[row])
    return spread


def _spread(picture: npt.NDArray[np.uint8]) -> float:
    # channels first: numpy sums a long last axis several times as fast as a short one
    return float(np.ascontiguousarray(picture.reshape(-1, 3).T, dtype=np.float32).std(axis=1).max())
