"""Perceptual descriptors: a picture in a few numbers, independent of its size, quality and brightness."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy  # scipy.ndimage is imported where it is used: not by workers

from evenhand.base.storage.memory_map import release_pages
from evenhand.base.values import Floats, Ints

SIDE = 32
"""Side of the small pictures, px."""
GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Luma coefficients of red, green and blue (ITU-R BT.601)."""

_BLOCK = 32


def small_pictures(images: npt.NDArray[np.uint8], rows: Ints | None = None) -> npt.NDArray[np.float32]:
    """Return (r, 32, 32, 3) float32 0..255: pictures scaled down by averaging areas.

    Parameters
    ----------
    images
        (n, h, w, 3); if memory-mapped, read block by block, and pages are released.
    rows
        (r,) positions; None for all.
    """
    rows = np.arange(len(images)) if rows is None else rows
    _, h, w, _ = images.shape
    down, across = _areas(h), _areas(w)
    out = np.empty((len(rows), SIDE, SIDE, 3), dtype=np.float32)
    for start in range(0, len(rows), _BLOCK):
        block = images[rows[start : start + _BLOCK]].reshape(-1, h, w * 3).astype(np.float32)
        # Down: whole lines of pixels with their colours. Across: colour by colour, since colours lie between the
        # pixels.
        channels = (down @ block).reshape(-1, SIDE, w, 3).transpose(0, 1, 3, 2).reshape(-1, w)
        out[start : start + _BLOCK] = (channels @ across.T).reshape(-1, SIDE, 3, SIDE).transpose(0, 1, 3, 2)
        release_pages(images)
    return out


def contrast(grey: npt.NDArray[np.float32]) -> Floats:
    """Return (n,) the standard deviation of the brightness of (n, 32, 32) pictures, in grey levels."""
    return np.asarray(grey.reshape(len(grey), -1).std(axis=1))


def normalised(grey: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return (n, 1024) pictures with mean 0 and norm 1, which removes brightness and contrast."""
    flat = grey.reshape(len(grey), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6))


def waves(grey: npt.NDArray[np.float32], k: int = 16) -> npt.NDArray[np.float32]:
    """Return (n, k, k) the DCT coefficients of the lowest k x k frequencies of normalised pictures.

    A perceptual hash keeps their signs (pHash: Zauner 2010, section 3.2.1). Their values separate copies from
    pictures that are merely similar: on a common background most signs agree anyway, and two such pictures have the
    same hash. The squared distance of two pictures is nearly 2 (1 - r), with r the correlation of their brightness
    (the transform is orthonormal).
    """
    cosines = _cosines(k)
    return np.asarray(cosines @ normalised(grey).reshape(-1, SIDE, SIDE) @ cosines.T)


def details(grey: npt.NDArray[np.float32], *, blur: float = 2.0) -> npt.NDArray[np.float32]:
    """Return (n, 1024) normalised pictures minus their Gaussian blur (standard deviation `blur` in px of 32)."""
    return normalised(grey - scipy.ndimage.gaussian_filter(grey, (0, blur, blur), mode="nearest"))


def colours(small: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return (n, 16, 16, 2) red-green and blue-yellow of small pictures, normalised per picture.

    They are divided by the root of the variance of the brightness plus the mean square of the colours, so that
    brighter and paler copies have the same colours, and small coloured objects on a white background count.
    """
    n = len(small)
    halved = small.reshape(n, SIDE // 2, 2, SIDE // 2, 2, 3).mean(axis=(2, 4))
    red, green, blue = np.moveaxis(halved, -1, 0)
    pair = np.stack([red - green, blue - (red + green) / 2], axis=-1)
    power = contrast(small @ GREY) ** 2 + (pair**2).sum(axis=3).mean(axis=(1, 2))
    return np.asarray(pair / np.sqrt(np.maximum(power, 1e-6))[:, None, None, None])


def _areas(side: int) -> npt.NDArray[np.float32]:
    """Return (32, side) the weight of each source pixel in each small one."""
    edges, pixel = np.linspace(0, side, SIDE + 1), np.arange(side)
    shared = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    return np.asarray(shared.clip(0, None) * SIDE / side, dtype=np.float32)


def _cosines(k: int) -> npt.NDArray[np.float32]:
    """Return (k, 32) the lowest k rows of the orthonormal discrete cosine transform (DCT-II)."""
    frequency, place = np.arange(k)[:, None], np.arange(SIDE)
    rows = np.sqrt(2 / SIDE) * np.cos(np.pi * (place + 0.5) * frequency / SIDE)
    rows[0] /= np.sqrt(2)
    return np.asarray(rows, dtype=np.float32)
