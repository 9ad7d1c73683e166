"""Near-duplicates: pictures that are one picture, saved, scaled or lit differently."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.neighbors import NearestNeighbors

from evenhand.base.values import Floats, Ints
from evenhand.data.perceptual import GREY, colours, contrast, details, small_pictures, waves

_COARSE = 8
_BLOCK = 1024


def near_duplicates(
    images: npt.NDArray[np.uint8],
    *,
    ratio: float = 0.03,
    difference: float = 0.05,
    noise: float = 0.001,
    detail: float = 0.85,
    colour: float = 0.05,
    neighbours: int = 16,
) -> Ints:
    """Return (p, 2) int64 rows i < j that show the same picture with small changes, sorted.

    A perceptual hash alone calls all pictures on one ground equal, and any fixed threshold fails where all
    pictures look alike. So a pair must be alike in itself *and* far more alike than pictures of this set are
    anyway: each picture's nearest `neighbours` are found by the numbers behind a perceptual hash (`waves`),
    and a pair counts if its difference is below `ratio` of the differences to the last of them. It is then
    confirmed in the pixels: their details agree, and so do their colours.

    Found, and not: see `docs/store.md` for what was measured. Copies saved at other quality or size and with
    other brightness are found; crops of less than about 98 %, flips and turns are not. A picture in other
    colours (or none) is another picture. Pictures without contrast are left out.

    Parameters
    ----------
    images
        (n, h, w, 3) uint8, may be memory-mapped; memory for 1.4 kB a picture is needed, whatever their size.
    ratio
        Largest difference of a pair, as a share of the difference to the last of the nearest `neighbours`
        (the ratio test of Lowe 2004, section 7.1, against a later neighbour, as copies may come in sets).
    difference
        Largest difference of a pair: the squared distance of normalised pictures, 0 (equal) to 4.
    noise
        Difference below which a pair counts whatever its neighbours are: larger sets of copies.
    detail
        Least correlation of the details of a pair.
    colour
        Largest mean squared difference of a pair's `colours`, 0 (equal) to 4.
    neighbours
        How many pictures each is compared with.
    """
    coarse, fine, rows = _signatures(images)
    if len(rows) < 2:
        return np.zeros((0, 2), dtype=np.int64)
    near = _nearest(coarse, min(neighbours, len(rows) - 1))
    apart = _differences(fine, near)
    last = apart.max(axis=1) if len(rows) > 2 else np.ones(2)
    here = np.repeat(np.arange(len(rows)), near.shape[1])
    there, apart = near.ravel(), apart.ravel()
    alike = (apart <= difference) & (apart <= ratio * np.minimum(last[here], last[there]))
    keep = (alike | (apart <= noise)) & (here != there)
    pairs = np.unique(np.sort(rows[np.column_stack([here, there])[keep]], axis=1), axis=0)
    return _confirmed(images, pairs, detail, colour)


def _signatures(
    images: npt.NDArray[np.uint8], *, least_contrast: float = 3.0
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], Ints]:
    """Return (r, 64) and (r, 256) frequencies of the pictures with contrast (grey levels), and their rows."""
    fine = np.empty((len(images), 256), dtype=np.float32)
    has_contrast = np.zeros(len(images), dtype=bool)
    for start in range(0, len(images), _BLOCK):
        block = slice(start, start + _BLOCK)
        grey = small_pictures(images, np.arange(*block.indices(len(images)))) @ GREY
        fine[block] = waves(grey).reshape(len(grey), -1)
        has_contrast[block] = contrast(grey) >= least_contrast
    rows = np.flatnonzero(has_contrast)
    fine = fine[rows]
    coarse = fine.reshape(-1, 16, 16)[:, :_COARSE, :_COARSE].reshape(-1, _COARSE**2)
    return coarse, fine, rows


def _nearest(points: npt.NDArray[np.float32], k: int) -> Ints:
    """Return (n, k) the nearest other points.

    All pairs are compared, in blocks: 64 numbers each are so few that a hundred thousand pictures take
    about a minute, and unlike buckets of hashes this does not depend on how alike the pictures are.
    """
    search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(points)
    return np.asarray(search.kneighbors(return_distance=False), dtype=np.int64)


def _differences(points: npt.NDArray[np.float32], near: Ints) -> Floats:
    """Return (n, k) squared distances of each point to those named in `near`."""
    out = np.empty(near.shape)
    for start in range(0, len(points), _BLOCK):
        block = slice(start, start + _BLOCK)
        out[block] = ((points[block, None, :] - points[near[block]]) ** 2).sum(axis=2)
    return out


def _confirmed(images: npt.NDArray[np.uint8], pairs: Ints, detail: float, colour: float) -> Ints:
    """Return the pairs whose details and colours agree."""
    keep = np.zeros(len(pairs), dtype=bool)
    for start in range(0, len(pairs), _BLOCK):
        block = slice(start, start + _BLOCK)
        rows, place = np.unique(pairs[block], return_inverse=True)
        small = small_pictures(images, rows)
        one, other = place.reshape(-1, 2).T
        fine, hue = details(small @ GREY), colours(small)
        same_details = (fine[one] * fine[other]).sum(axis=1) >= detail
        same_colours = ((hue[one] - hue[other]) ** 2).sum(axis=3).mean(axis=(1, 2)) <= colour
        keep[block] = same_details & same_colours
    return np.asarray(pairs[keep])
