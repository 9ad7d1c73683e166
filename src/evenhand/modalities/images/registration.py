"""Registration of two small pictures: the scale and shift that map one onto the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy  # scipy.ndimage is imported where it is used: not by workers

from evenhand.base.values import Floats
from evenhand.modalities.images.perceptual import GREY, colours

Pictures = npt.NDArray[np.float32]

_STEPS = ((2, 5), (1, 2))  # (reduction, iterations), coarse to fine


@dataclass(frozen=True, eq=False)
class Overlay:
    """How well m pairs of pictures agree after registration.

    Attributes
    ----------
    scale
        (m,) side of the part of the first picture that the second shows; below 1 the second is a crop.
    likeness
        (m,) correlation of the brightness in the common area, -1..1.
    detail
        (m,) the same after subtracting a blur of 2 px.
    colour
        (m,) mean squared difference of `colours`, 0 (equal) to 4.
    """

    scale: Floats
    likeness: Floats
    detail: Floats
    colour: Floats


def overlay(one: Pictures, other: Pictures) -> Overlay:
    """Return how well (m, 32, 32, 3) pictures, m > 0, agree after `one` is scaled and shifted onto `other`.

    Scale, shift, brightness and contrast are estimated together by least squares on image gradients (Lucas and
    Kanade 1981), first at 16 then at 32 px, which finds differences of up to about a tenth of the side.
    """
    place = np.tile([1.0, 0.0, 0.0], (len(one), 1))
    for shrink, times in _STEPS:
        grey_one, grey_other = (_smooth(_smaller(picture @ GREY, shrink), 1.0) for picture in (one, other))
        for _ in range(times):
            place = _improved(place, grey_one, grey_other, shrink)
    moved, inside = _moved(one, place)
    grey, target = moved @ GREY, _smooth(other @ GREY, 0.7)  # bilinear interpolation blurred `moved` about as much
    return Overlay(
        scale=place[:, 0],
        likeness=_correlation(grey, target, inside),
        detail=_correlation(grey - _smooth(grey, 2.0), target - _smooth(target, 2.0), inside),
        colour=((colours(moved) - colours(other)) ** 2).sum(axis=3).mean(axis=(1, 2)),
    )


def _improved(place: Floats, one: Pictures, other: Pictures, shrink: int, *, most: float = 1.0) -> Floats:
    """Return (m, 3) scale, right and down (px of 32) after one Gauss-Newton step of at most `most` px."""
    down, right = np.gradient(one, axis=(1, 2))
    sampled, inside = _moved(np.stack([one, right, down], axis=3), place)
    value, right, down = np.moveaxis(sampled, 3, 0)
    y, x = _centred(one.shape[1])
    slopes = np.stack([right * x + down * y, right, down, value, np.ones_like(value)], axis=3)
    slopes = (slopes * inside[..., None]).reshape(len(one), -1, 5)
    normal = slopes.transpose(0, 2, 1) @ slopes + 1e-3 * np.eye(5)  # ridge: flat pictures have singular equations
    target = slopes.transpose(0, 2, 1) @ (other * inside).reshape(len(one), -1, 1)
    step = np.linalg.solve(normal, target)[..., 0]
    # The model is gain * picture(place + change) + offset: its coefficients of the gradients are gain * change.
    # Pictures that do not match have gains near 0, and would be moved at once to the bounds.
    gain = np.where(abs(step[:, 3]) < 0.1, 0.1, step[:, 3])
    change = step[:, :3] / gain[:, None] * [1.0, shrink, shrink]
    return np.asarray(place + change.clip([-0.05, -most, -most], [0.05, most, most]))


def _moved(pictures: Pictures, place: Floats) -> tuple[Pictures, npt.NDArray[np.bool_]]:
    """Return (m, s, s, c) pictures resampled bilinearly at a scale and shift, and which pixels lie inside."""
    side = pictures.shape[1]
    scale, right, down = (column[:, None, None] for column in place.T)
    y, x = _centred(side)
    middle, px = (side - 1) / 2, side / 32
    column, row = scale * x + right * px + middle, scale * y + down * px + middle
    inside = (abs(column - middle) <= side / 2) & (abs(row - middle) <= side / 2)
    column, row = column.clip(0, side - 1), row.clip(0, side - 1)
    left, top = column.astype(int).clip(0, side - 2), row.astype(int).clip(0, side - 2)
    across, along = (column - left)[..., None].astype(np.float32), (row - top)[..., None].astype(np.float32)
    m = np.arange(len(pictures))[:, None, None]
    upper = pictures[m, top, left] * (1 - across) + pictures[m, top, left + 1] * across
    lower = pictures[m, top + 1, left] * (1 - across) + pictures[m, top + 1, left + 1] * across
    return np.asarray(upper * (1 - along) + lower * along), inside


def _centred(side: int) -> tuple[Floats, Floats]:
    """Return (side, 1) rows and (1, side) columns relative to the centre."""
    count = np.arange(side) - (side - 1) / 2
    return count[:, None], count[None, :]


def _correlation(one: Pictures, other: Pictures, inside: npt.NDArray[np.bool_]) -> Floats:
    """Return (m,) the correlation of pictures over the pixels inside; 0 if there are none."""
    weight = inside.reshape(len(one), -1)
    count = np.maximum(weight.sum(axis=1, keepdims=True), 1)

    def centred(picture: Pictures) -> Floats:
        flat = picture.reshape(len(picture), -1).astype(np.float64) * weight
        return np.asarray((flat - flat.sum(axis=1, keepdims=True) / count) * weight)

    a, b = centred(one), centred(other)
    return np.asarray((a * b).sum(axis=1) / np.sqrt(np.maximum((a**2).sum(axis=1) * (b**2).sum(axis=1), 1e-12)))


def _smaller(pictures: Pictures, shrink: int) -> Pictures:
    m, side, _ = pictures.shape
    return np.asarray(pictures.reshape(m, side // shrink, shrink, side // shrink, shrink).mean(axis=(2, 4)))


def _smooth(pictures: Pictures, width: float) -> Pictures:
    return np.asarray(scipy.ndimage.gaussian_filter(pictures, (0, width, width), mode="nearest"))
