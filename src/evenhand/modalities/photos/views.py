"""Views of photos for prediction: the dihedral group of the square (flips and rotations by 90 degrees), exact."""

from __future__ import annotations

import numpy as np

from evenhand.modalities.views import PLAIN, Array, View


def _flip(picture: Array) -> Array:
    return picture[:, ::-1]


def _flip_vertical(picture: Array) -> Array:
    return picture[::-1]


def _half_turn(picture: Array) -> Array:
    return picture[::-1, ::-1]


def _left(picture: Array) -> Array:
    return np.rot90(picture)


def _right(picture: Array) -> Array:
    return np.rot90(picture, 3)


def _transposed(picture: Array) -> Array:
    return picture.swapaxes(0, 1)


def _transposed_back(picture: Array) -> Array:
    return picture[::-1, ::-1].swapaxes(0, 1)


FLIP = View("flip", _flip)
FLIP_VERTICAL = View("flip_vertical", _flip_vertical)
HALF_TURN = View("half_turn", _half_turn)
LEFT = View("left", _left)
RIGHT = View("right", _right)
TRANSPOSED = View("transposed", _transposed)
TRANSPOSED_BACK = View("transposed_back", _transposed_back)

PHOTO_VIEWS = {
    "none": (PLAIN,),
    "flip": (PLAIN, FLIP),
    "geo4": (PLAIN, FLIP, FLIP_VERTICAL, HALF_TURN),
    "geo8": (PLAIN, FLIP, FLIP_VERTICAL, HALF_TURN, LEFT, RIGHT, TRANSPOSED, TRANSPOSED_BACK),
}
"""Values of `test_views` for photos; geo8 adds the views that swap rows and columns."""
