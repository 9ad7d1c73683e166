"""Rows of any size, held as one flat array."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False)
class Ragged:
    """n arrays of one dtype and number of dimensions, but of any shape; `ragged[i]` is a view.

    Attributes
    ----------
    values
        (total,) the values of all rows, one row after the other (may be memory-mapped).
    offsets
        (n + 1,) int64; row i is `values[offsets[i]:offsets[i + 1]]`.
    shapes
        (n, rank) int64 shape of each row.

    Examples
    --------
    >>> ragged = Ragged.of([np.zeros((2, 3)), np.ones((1, 3))])
    >>> ragged, ragged[1]
    (Ragged(2 rows of float64, rank 2), array([[1., 1., 1.]]))
    """

    values: Array
    offsets: npt.NDArray[np.int64]
    shapes: npt.NDArray[np.int64]

    @classmethod
    def of(cls, rows: list[Array]) -> Ragged:
        """Return arrays of one dtype and rank as one ragged array (at least one row)."""
        shapes = np.array([row.shape for row in rows], dtype=np.int64).reshape(len(rows), -1)
        return cls(np.concatenate([row.reshape(-1) for row in rows]), offsets_of(shapes), shapes)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self.values.dtype

    def __len__(self) -> int:
        return len(self.shapes)

    def __getitem__(self, row: int) -> Array:
        row = range(len(self))[row]  # negative positions, and IndexError at the end of an iteration
        part: Array = self.values[self.offsets[row] : self.offsets[row + 1]]
        return part.reshape(self.shapes[row])

    def __iter__(self) -> Iterator[Array]:
        return (self[row] for row in range(len(self)))

    def __repr__(self) -> str:
        return f"Ragged({len(self):,} rows of {self.dtype}, rank {self.shapes.shape[1]})"


def offsets_of(shapes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return (n + 1,) int64 the start of each row of shape `shapes[i]` when rows are concatenated.

    >>> offsets_of(np.array([[2, 3], [1, 3], [0, 3]]))
    array([0, 6, 9, 9])
    """
    out = np.zeros(len(shapes) + 1, dtype=np.int64)
    np.cumsum(shapes.prod(axis=1), out=out[1:])
    return out


def row_shape(rows: Any) -> list[int]:
    """Return the shape of one row of (n, ...) rows, -1 for every dimension in which rows differ.

    >>> row_shape(Ragged.of([np.zeros((2, 3)), np.ones((1, 3))])), row_shape(np.zeros((5, 8)))
    ([-1, 3], [8])
    """
    if not isinstance(rows, Ragged):
        return [int(size) for size in rows.shape[1:]]
    if not len(rows.shapes):
        return [-1] * rows.shapes.shape[1]
    first = rows.shapes[0]
    return [int(size) if same else -1 for size, same in zip(first, (rows.shapes == first).all(axis=0), strict=True)]
