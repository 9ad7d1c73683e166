"""Near-duplicates: copies of one picture that were saved, scaled, brightened or cropped differently."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Floats, Ints, Mask
from evenhand.modalities.images.nearest import NearestPictures, nearest_pictures
from evenhand.modalities.images.perceptual import GREY, colours, details, small_pictures
from evenhand.modalities.images.registration import overlay

_BLOCK = 512

Pictures = npt.NDArray[np.float32]


@dataclass(frozen=True)
class DuplicateLimits:
    """Thresholds for near-duplicates, chosen by measurement (see `docs/explanation/duplicates.md`).

    Attributes
    ----------
    neighbours
        Number of pictures that each is compared with; the last of them gives the usual difference in this set.
    ratio
        Copies: largest difference, as a share of that to the last neighbour. This is the ratio test of Lowe
        (2004, section 7.1), with a later neighbour because copies come in sets.
    difference
        Copies: largest difference, 0 (equal) to 4.
    noise
        Copies: difference below which a pair counts whatever the neighbours are (for large sets of copies).
    detail
        Copies: lowest correlation of details.
    colour
        Largest mean squared difference of colours, 0 (equal) to 4; recoloured pictures are not duplicates.
    moved_nearest
        Crops and bursts: number of neighbours among which they are searched.
    moved_coarse
        Crops: largest difference of the coarse frequencies before registration.
    moved_usual
        Crops: lowest difference to the last neighbour. In a set of similar pictures, registration would make many
        pairs agree.
    moved_ratio, moved_detail
        Crops: like `ratio` and `detail`, after registration.
    """

    neighbours: int = 16
    ratio: float = 0.03
    difference: float = 0.05
    noise: float = 0.001
    detail: float = 0.85
    colour: float = 0.05
    moved_nearest: int = 4
    moved_coarse: float = 0.25
    moved_usual: float = 0.7
    moved_ratio: float = 0.06
    moved_detail: float = 0.9


def near_duplicates(images: npt.NDArray[np.uint8], limits: DuplicateLimits | None = None) -> Ints:
    """Return (p, 2) int64 rows i < j that show the same picture with small changes, sorted.

    A perceptual hash alone takes all pictures on the same background for equal, and a fixed threshold fails if all
    pictures are similar. So the DCT coefficients behind a perceptual hash (`waves`) only select candidates: a pair
    must be far more similar than is usual in this set, and is then confirmed in the pixels, where details and
    colours must agree. If the pictures differ enough, crops and bursts are found too, by registration.

    Found are copies of other quality, size or brightness, and crops down to about 90 %. Not found are flips,
    rotations and greyscale copies. Pictures without contrast are left out.

    Parameters
    ----------
    images
        (n, h, w, 3) uint8, may be memory-mapped; about 1.5 kB of memory per picture is used.
    limits
        Thresholds; None for the defaults.
    """
    limits = limits or DuplicateLimits()
    found = nearest_pictures(images, limits.neighbours)
    copies, moved = _candidates(found, limits)
    # pictures without contrast are in no pair, so their value is never used
    usual = np.full(len(images), np.inf)
    usual[found.rows] = found.usual

    def same(one: Pictures, other: Pictures, pairs: Ints) -> Mask:
        return _same(one, other, limits)

    def same_moved(one: Pictures, other: Pictures, pairs: Ints) -> Mask:
        return _same_moved(one, other, usual[pairs].min(axis=1), limits)

    both = [_confirmed(images, copies, same), _confirmed(images, moved, same_moved)]
    return np.asarray(np.unique(np.concatenate(both), axis=0))


def _candidates(found: NearestPictures, limits: DuplicateLimits) -> tuple[Ints, Ints]:
    """Return pairs that may be copies, and further ones that may be after registration."""
    usual = found.usual_of_both
    far_nearer = (found.fine <= limits.difference) & (found.fine <= limits.ratio * usual)
    copies = far_nearer | (found.fine <= limits.noise)
    among_nearest = np.arange(found.near.shape[1]) < limits.moved_nearest
    moved = (found.coarse <= limits.moved_coarse) & (usual >= limits.moved_usual) & among_nearest & ~copies
    return found.pairs(copies), found.pairs(moved)


def _same(one: Pictures, other: Pictures, limits: DuplicateLimits) -> Mask:
    """Return (m,) bool, whether pairs agree without registration."""
    detail = (details(one @ GREY) * details(other @ GREY)).sum(axis=1)
    colour = ((colours(one) - colours(other)) ** 2).sum(axis=3).mean(axis=(1, 2))
    return np.asarray((detail >= limits.detail) & (colour <= limits.colour))


def _same_moved(one: Pictures, other: Pictures, usual: Floats, limits: DuplicateLimits) -> Mask:
    """Return (m,) bool, whether pairs agree after registration."""
    laid = overlay(one, other)
    nearer = 2 * (1 - laid.likeness) <= limits.moved_ratio * usual
    return np.asarray(nearer & (laid.detail >= limits.moved_detail) & (laid.colour <= limits.colour))


def _confirmed(
    images: npt.NDArray[np.uint8], pairs: Ints, agree: Callable[[Pictures, Pictures, Ints], Mask]
) -> Ints:
    """Return the pairs whose pictures agree; pictures are read block by block."""
    keep = np.zeros(len(pairs), dtype=bool)
    for start in range(0, len(pairs), _BLOCK):
        block = pairs[start : start + _BLOCK]
        rows, place = np.unique(block, return_inverse=True)
        small = small_pictures(images, rows)
        one, other = place.reshape(-1, 2).T
        keep[start : start + _BLOCK] = agree(small[one], small[other], block)
    return np.asarray(pairs[keep])
