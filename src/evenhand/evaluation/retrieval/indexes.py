"""Rows to search in: embeddings by their cosine, bits by Hamming distance, quantised vectors by look-up tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import DataError
from evenhand.base.values import Floats
from evenhand.evaluation.retrieval.product_quantizer import Codes, Floats32, ProductQuantizer

Array = npt.NDArray[Any]
Words = npt.NDArray[np.uint64]

FEW_QUERIES = 16
"""Up to so many queries look their distances up; for more, decoding the rows once for all of them is faster."""


@dataclass(frozen=True, eq=False)
class CosineIndex:
    """Embeddings, compared by their cosine; queries are `unit` vectors.

    Attributes
    ----------
    rows
        (n, d) float32 of unit length.
    """

    rows: Floats32

    @classmethod
    def of(cls, embeddings: Array) -> CosineIndex:
        """Return the index of (n, d) embeddings of any length."""
        return cls(unit(embeddings))

    def __len__(self) -> int:
        return len(self.rows)

    def distances(self, queries: Array, rows: slice) -> Array:
        """Return (q, r) float32, 1 - cosine of unit queries."""
        return np.asarray(np.float32(1) - queries @ self.rows[rows].T)

    def similarity(self, distances: Array) -> Floats:
        """Return cosines."""
        return np.asarray(1.0 - distances)


@dataclass(frozen=True, eq=False)
class HammingIndex:
    """Bits packed into words, compared by how many differ; queries are `packed` alike.

    Attributes
    ----------
    words
        (w, n) uint64: word by word, so that a slice of one word is contiguous.
    bits
        Number of bits.
    """

    words: Words
    bits: int

    @classmethod
    def of(cls, codes: Array) -> HammingIndex:
        """Return the index of (n, bits) codes, whose bits are what is positive."""
        return cls(np.ascontiguousarray(packed(codes).T), codes.shape[1])

    def __len__(self) -> int:
        return int(self.words.shape[1])

    def distances(self, queries: Array, rows: slice) -> Array:
        """Return (q, r) the number of bits that differ, uint8 or, of more than 255 bits, uint16."""
        first = ones_of(queries[:, :1] ^ self.words[0, rows])
        out = first if self.bits < 256 else first.astype(np.uint16)
        for at in range(1, len(self.words)):
            out += ones_of(queries[:, at : at + 1] ^ self.words[at, rows])
        return np.asarray(out)

    def similarity(self, distances: Array) -> Floats:
        """Return shares of equal bits."""
        return np.asarray(1.0 - distances / self.bits)


@dataclass(frozen=True, eq=False)
class QuantizedIndex:
    """Vectors in a few bytes each; queries stay as they are (asymmetric distances, Jégou et al. 2011, eq. 13).

    Attributes
    ----------
    quantizer
        Codebooks.
    codes
        (n, m) uint8.
    """

    quantizer: ProductQuantizer
    codes: Codes

    def __len__(self) -> int:
        return len(self.codes)

    def distances(self, queries: Array, rows: slice) -> Array:
        """Return (q, r) float32 squared Euclidean distances of queries from the centroids of rows."""
        codes = self.codes[rows]
        if len(queries) <= FEW_QUERIES:
            return self.quantizer.distances(queries, codes)
        # the same sums: one matrix product of decoded rows costs less than m look-ups for every pair
        decoded = self.quantizer.decode(codes)
        out = queries @ decoded.T
        out *= -2
        out += np.square(decoded).sum(axis=1)
        out += np.square(queries).sum(axis=1)[:, None]
        return np.asarray(np.maximum(out, 0, out=out))

    def similarity(self, distances: Array) -> Floats:
        """Return 1 - d² / 2, the cosine of vectors of unit length."""
        return np.asarray(1.0 - np.asarray(distances, dtype=np.float64) / 2)


def unit(x: Array) -> Floats32:
    """Return (n, d) float32 vectors divided by their length; vectors of zeros stay.

    Raises
    ------
    DataError
        If a value is not finite.
    """
    out = np.array(x, dtype=np.float32)
    if not np.isfinite(out).all():
        bad = int((~np.isfinite(out).all(axis=1)).sum())
        raise DataError(
            f"{bad:,} of {len(out):,} embeddings hold values that are not finite; they have no direction."
        )
    scale = np.sqrt(np.einsum("nd,nd->n", out, out, dtype=np.float64))
    out /= np.where(scale > 0, scale, 1.0).astype(np.float32)[:, None]
    return out


def ones_by_table(words: Words) -> npt.NDArray[np.uint8]:
    """Return the number of ones of each word, uint8 of the same shape, byte by byte.

    >>> ones_by_table(np.array([0, 5, 2**64 - 1], dtype=np.uint64)).tolist()
    [0, 2, 64]
    """
    each = np.ascontiguousarray(words).view(np.uint8).reshape(*words.shape, words.itemsize)
    return np.asarray(_ONES[each].sum(axis=-1, dtype=np.uint8))


_ONES = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(axis=1, dtype=np.uint8)
ones_of: Callable[[Words], npt.NDArray[np.uint8]] = getattr(np, "bitwise_count", ones_by_table)
"""`np.bitwise_count`, which NumPy has from 2.0 on, or else the same by a table."""


def packed(codes: Array) -> Words:
    """Return (n, w) uint64 words of (n, bits) codes: a bit is 1 where a code is positive, the rest are 0.

    >>> packed(np.array([[0.5, -0.5, 0.1]])).tolist()
    [[5]]
    """
    n, bits = codes.shape
    words = -(-bits // 64)
    out = np.zeros((n, words * 8), dtype=np.uint8)
    found = np.packbits(codes > 0, axis=1, bitorder="little")
    out[:, : found.shape[1]] = found
    return out.view("<u8").astype(np.uint64, copy=False)
