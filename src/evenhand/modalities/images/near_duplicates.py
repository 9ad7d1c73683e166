"""Near-duplicates: pictures that are one picture, saved, scaled, lit or cut differently."""

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
    """What makes two pictures near-duplicates; chosen by measuring (see `docs/explanation/duplicates.md`).

    Attributes
    ----------
    neighbours
        How many pictures each is compared with; the last of them says how alike pictures are anyway.
    ratio
        Copies: largest difference, as a share of that to the last neighbour. This is the ratio test of Lowe
        (2004, section 7.1), against a later neighbour because copies come in sets.
    difference
        Copies: largest difference, 0 (equal) to 4.
    noise
        Copies: difference below which a pair counts whatever the neighbours are (larger sets of copies).
    detail
        Copies: least correlation of details.
    colour
        Largest mean squared difference of colours, 0 (equal) to 4; pictures in other colours are others.
    moved_nearest
        Crops and shots from a burst: looked for among so many neighbours.
    moved_coarse
        Crops: largest difference of coarse waves before one is laid over the other.
    moved_usual
        Crops: least difference to the last neighbour. Where all pictures look alike, laying them over each
        other would make many agree.
    moved_ratio, moved_detail
        Crops: as `ratio` and `detail`, once one is laid over the other.
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

    A perceptual hash alone calls all pictures on one ground equal, and a fixed threshold fails where all
    pictures look alike. So the numbers behind a perceptual hash (`waves`) only choose what to compare: a
    pair must be far more alike than pictures of this set are anyway, and is then confirmed in the pixels,
    where details and colours must agree. Among pictures that differ enough, crops and shots from a burst
    are found too, by laying one over the other.

    Found are copies saved at other quality or size and with other brightness, and crops down to about 90 %.
    Not found are flips, turns, and copies in grey: a picture in other colours is another picture. Pictures
    without contrast are left out.

    Parameters
    ----------
    images
        (n, h, w, 3) uint8, may be memory-mapped; beside them about 1.5 kB of memory a picture is used.
    limits
        Where to draw the line.
    """
    limits = limits or DuplicateLimits()
    found = nearest_pictures(images, limits.neighbours)
    copies, moved = _candidates(found, limits)
    usual = np.full(len(images), np.inf)
    usual[found.rows] = found.usual

    def same(one: Pictures, other: Pictures, pairs: Ints) -> Mask:
        return _same(one, other, limits)

    def same_moved(one: Pictures, other: Pictures, pairs: Ints) -> Mask:
        return _same_moved(one, other, usual[pairs].min(axis=1), limits)

    both = [_confirmed(images, copies, same), _confirmed(images, moved, same_moved)]
    return np.asarray(np.unique(np.concatenate(both), axis=0))


def _candidates(found: NearestPictures, limits: DuplicateLimits) -> tuple[Ints, Ints]:
    """Return pairs that may be copies, and others that may be copies once one is moved."""
    usual = found.usual_of_both
    far_nearer = (found.fine <= limits.difference) & (found.fine <= limits.ratio * usual)
    copies = far_nearer | (found.fine <= limits.noise)
    among_nearest = np.arange(found.near.shape[1]) < limits.moved_nearest
    moved = (found.coarse <= limits.moved_coarse) & (usual >= limits.moved_usual) & among_nearest & ~copies
    return found.pairs(copies), found.pairs(moved)


def _same(one: Pictures, other: Pictures, limits: DuplicateLimits) -> Mask:
    """Return (m,) whether pictures agree as they are."""
    detail = (details(one @ GREY) * details(other @ GREY)).sum(axis=1)
    colour = ((colours(one) - colours(other)) ** 2).sum(axis=3).mean(axis=(1, 2))
    return np.asarray((detail >= limits.detail) & (colour <= limits.colour))


def _same_moved(one: Pictures, other: Pictures, usual: Floats, limits: DuplicateLimits) -> Mask:
    """Return (m,) whether pictures agree once one is laid over the other."""
    laid = overlay(one, other)
    nearer = 2 * (1 - laid.likeness) <= limits.moved_ratio * usual
    return np.asarray(nearer & (laid.detail >= limits.moved_detail) & (laid.colour <= limits.colour))


def _confirmed(
    images: npt.NDArray[np.uint8], pairs: Ints, agree: Callable[[Pictures, Pictures, Ints], Mask]
) -> Ints:
    """Return the pairs whose pictures agree; read block by block."""
    keep = np.zeros(len(pairs), dtype=bool)
    for start in range(0, len(pairs), _BLOCK):
        block = pairs[start : start + _BLOCK]
        rows, place = np.unique(block, return_inverse=True)
        small = small_pictures(images, rows)
        one, other = place.reshape(-1, 2).T
        keep[start : start + _BLOCK] = agree(small[one], small[other], block)
    return np.asarray(pairs[keep])
