"""The nearest neighbours of each picture, and their distances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Floats, Ints
from evenhand.modalities.images.perceptual import GREY, contrast, small_pictures, waves

_COARSE, _FINE = 8, 16
_BLOCK = 1024

Points = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class NearestPictures:
    """The k nearest others of r pictures.

    Attributes
    ----------
    rows
        (r,) positions of the pictures: those with contrast.
    near
        (r, k) positions in `rows` of the nearest, by coarse difference, nearest first.
    coarse, fine
        (r, k) differences: squared distances of 8 x 8 and of 16 x 16 coefficients, 0 (equal) to 4; about 2 for
        unrelated pictures.
    usual
        (r,) the largest fine difference to a neighbour: the usual difference of similar pictures in this set.
    """

    rows: Ints
    near: Ints
    coarse: Floats
    fine: Floats
    usual: Floats

    def pairs(self, keep: npt.NDArray[np.bool_]) -> Ints:
        """Return (p, 2) positions i < j of the pictures and neighbours that a (r, k) mask keeps, sorted."""
        here, place = np.nonzero(keep)
        both = np.column_stack([self.rows[here], self.rows[self.near[here, place]]])
        return np.asarray(np.unique(np.sort(both, axis=1), axis=0), dtype=np.int64)

    @property
    def usual_of_both(self) -> Floats:
        """(r, k) the smaller usual difference of a picture and its neighbour."""
        return np.asarray(np.minimum(self.usual[:, None], self.usual[self.near]))


def nearest_pictures(images: npt.NDArray[np.uint8], k: int, *, least_contrast: float = 3.0) -> NearestPictures:
    """Return the k nearest others of each picture (fewer if there are not as many).

    All pairs are compared, in blocks: with 64 numbers each, a hundred thousand pictures take about a minute, and
    unlike hash buckets this does not degrade if the pictures are similar.

    Parameters
    ----------
    images
        (n, h, w, 3) uint8.
    k
        Number of neighbours.
    least_contrast
        Standard deviation of the brightness, in grey levels, below which a picture is left out.
    """
    points, has_contrast = _waves_of(images, least_contrast)
    rows = np.flatnonzero(has_contrast)
    points = points[rows]
    coarse = points[:, :_COARSE, :_COARSE].reshape(-1, _COARSE**2)
    near = _nearest(coarse, min(k, len(rows) - 1))
    fine = _differences(points.reshape(-1, _FINE**2), near)
    # Of two pictures each is the only neighbour of the other, which would make their own difference the usual
    # one.
    usual = fine.max(axis=1) if len(rows) > 2 else np.ones(len(rows))
    return NearestPictures(rows, near, _differences(coarse, near), fine, usual)


def _waves_of(images: npt.NDArray[np.uint8], least_contrast: float) -> tuple[Points, npt.NDArray[np.bool_]]:
    """Return (n, 16, 16) coefficients, and (n,) bool whether a picture has contrast."""
    out = np.empty((len(images), _FINE, _FINE), dtype=np.float32)
    has_contrast = np.zeros(len(images), dtype=bool)
    for start in range(0, len(images), _BLOCK):
        block = slice(start, min(start + _BLOCK, len(images)))
        grey = small_pictures(images, np.arange(block.start, block.stop)) @ GREY
        out[block] = waves(grey, _FINE)
        has_contrast[block] = contrast(grey) >= least_contrast
    return out, has_contrast


def _nearest(points: Points, k: int) -> Ints:
    if k < 1:
        return np.zeros((len(points), 0), dtype=np.int64)
    from sklearn.neighbors import NearestNeighbors  # tasks import this module with the kind, and do not search

    search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(points)
    return np.asarray(search.kneighbors(return_distance=False), dtype=np.int64)


def _differences(points: Points, near: Ints) -> Floats:
    """Return (n, k) squared distances of each point to those at `near`."""
    out = np.empty(near.shape)
    for start in range(0, len(points), _BLOCK):
        block = slice(start, start + _BLOCK)
        out[block] = ((points[block, None, :] - points[near[block]]) ** 2).sum(axis=2)
    return out
