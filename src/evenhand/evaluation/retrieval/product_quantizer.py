"""Product quantisation: a vector in a few bytes, and distances to it from tables (Jégou et al. 2011)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import DataError

Floats32 = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]

MOST_ROWS = 256
"""Rows per centroid that k-means is fitted on; more change centroids little (Faiss takes as many)."""


@dataclass(frozen=True, eq=False)
class ProductQuantizer:
    """Codebooks of m sub-spaces: a vector is coded by the number of the nearest centroid in each of them.

    Attributes
    ----------
    codebooks
        (m, c, d / m) float32 centroids; c is at most 256, so that a code is m bytes, or m log2(c) bits if packed.
    """

    codebooks: Floats32

    @classmethod
    def fit(cls, x: npt.NDArray[Any], *, m: int = 16, bits: int = 4, seed: int = 0) -> ProductQuantizer:
        """Return the codebooks of (n, d) vectors: k-means in each of m sub-spaces, 2**bits centroids.

        The defaults code a vector in 64 bits. Eight numbers of 8 bits would do so too, and want 39 rows for each
        of 256 centroids, 9,984 in all; sixteen of 4 bits are fitted on a few hundred rows. Of fewer rows than
        centroids, rows are the centroids, the last repeated.

        Raises
        ------
        DataError
            If there is no row, d is not a multiple of m, or a value is not finite.
        """
        n, d = x.shape
        if not n or d % m or not np.isfinite(x).all():
            raise DataError(
                f"A product quantizer of {m} sub-spaces needs rows of finite numbers whose width is a multiple of "
                f"{m}; found {n:,} rows of {d}."
            )
        rng = np.random.default_rng(seed)
        most = MOST_ROWS * 2**bits
        chosen = x if n <= most else x[np.sort(rng.choice(n, most, replace=False))]
        parts = np.asarray(chosen, dtype=np.float32).reshape(len(chosen), m, d // m)
        books = [_centroids(np.ascontiguousarray(parts[:, at]), 2**bits, seed + at) for at in range(m)]
        return cls(np.stack(books))

    @property
    def m(self) -> int:
        """Number of sub-spaces, and of bytes of a code."""
        return int(self.codebooks.shape[0])

    @property
    def d(self) -> int:
        """Width of a vector."""
        return int(self.m * self.codebooks.shape[2])

    def encode(self, x: npt.NDArray[Any], *, step: int = 4096) -> Codes:
        """Return (n, m) uint8 numbers of the nearest centroids of (n, d) vectors; the first of equals."""
        out = np.empty((len(x), self.m), dtype=np.uint8)
        for start in range(0, len(x), step):  # a table of distances is as large as its vectors
            out[start : start + step] = self.distance_tables(x[start : start + step]).argmin(axis=2)
        return out

    def decode(self, codes: Codes) -> Floats32:
        """Return (n, d) float32 vectors: the centroids that codes name."""
        return np.asarray(self.codebooks[np.arange(self.m), codes].reshape(len(codes), self.d))

    def distance_tables(self, queries: npt.NDArray[Any]) -> Floats32:
        """Return (q, m, c) squared Euclidean distances of the parts of (q, d) queries from all centroids."""
        parts = np.asarray(queries, dtype=np.float32).reshape(len(queries), self.m, -1)
        # |x|² - 2 x·c + |c|²: differences of all pairs would take the width of a part times the memory
        products = np.einsum("qms,mcs->qmc", parts, self.codebooks, optimize=True)
        squares = np.square(parts).sum(axis=2)[:, :, None] + np.square(self.codebooks).sum(axis=2)
        return np.asarray(np.maximum(squares - 2 * products, 0))

    def distances(self, queries: npt.NDArray[Any], codes: Codes) -> Floats32:
        """Return (q, n) squared distances of queries, as they are, from coded rows (eq. 13, asymmetric).

        m look-ups and sums for each pair, whatever the width of a vector.
        """
        tables = self.distance_tables(queries)
        out = np.zeros((len(tables), len(codes)), dtype=np.float32)
        for at in range(self.m):
            out += tables[:, at, codes[:, at]]
        return out


def _centroids(x: Floats32, count: int, seed: int, *, iterations: int = 25) -> Floats32:
    """Return (count, d) centroids of (n, d) vectors by k-means."""
    from sklearn.cluster import KMeans  # half a second to import, which searching alone does not need
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    clusters = min(count, len(x))
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct rows than centroids
        found = KMeans(clusters, n_init=1, max_iter=iterations, random_state=seed).fit(x).cluster_centers_
    last = np.repeat(found[-1:], count - clusters, axis=0)
    return np.concatenate([found, last]).astype(np.float32)
