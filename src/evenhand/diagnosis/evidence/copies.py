"""Sets of rows with the same, or nearly the same, image, whatever their ids."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Ints, Mask, Samples
from evenhand.data.splits.group_joins import joined


def exact_copies(
    samples: Samples,
    pictures: npt.NDArray[np.uint8] | None,
    blank: Mask | None = None,
    contents: Sequence[Ints] = (),
) -> list[Ints]:
    """Return sets of rows with the same bytes, stored pixels or contents, largest first.

    Parameters
    ----------
    pictures
        (n, h, w, 3) uint8, or None.
    blank
        (n,) bool; rows with uninformative pixels, which are compared by bytes only.
    contents
        Sets of rows that are known to be equal.
    """
    pairs: list[tuple[int, int]] = []
    if "content" in samples.frame:
        pairs += chained(c if isinstance(c, str) and c else None for c in samples.frame["content"])
    if pictures is not None:
        # Blank pictures are equal without being copies: one set of them would join unrelated groups.
        skip = np.zeros(len(samples), dtype=bool) if blank is None else blank
        pairs += chained([None if skip[row] else _digest(picture) for row, picture in enumerate(pictures)])
    pairs += [(int(rows[0]), int(row)) for rows in contents for row in rows[1:]]
    return joined(pairs, len(samples))


def chained(keys: Iterable[Hashable]) -> list[tuple[int, int]]:
    """Return pairs that link each position to the previous one with the same key (None links nothing).

    >>> chained(["a", "b", "a", None, "a", None])
    [(0, 2), (2, 4)]
    """
    last: dict[Hashable, int] = {}
    pairs = []
    for position, key in enumerate(keys):
        if key is None:
            continue
        if key in last:
            pairs.append((last[key], position))
        last[key] = position
    return pairs


def pairs_within(sets: Sequence[Ints], *, most: int = 64) -> Ints:
    """Return (p, 2) all pairs within each set; a set larger than `most` gives a chain of neighbours instead."""
    pairs = [np.column_stack([rows[i] for i in _corner(len(rows), most)]) for rows in sets]
    return np.concatenate(pairs) if pairs else np.zeros((0, 2), dtype=np.int64)


def set_numbers(sets: Sequence[Ints], n: int) -> Ints:
    """Return (n,) the index of each row's set; a row in no set gets a unique negative number.

    >>> set_numbers([np.array([0, 2])], 4).tolist()
    [0, -2, 0, -4]
    """
    number = -1 - np.arange(n)
    for position, rows in enumerate(sets):
        number[rows] = position
    return number


def _corner(size: int, most: int) -> tuple[Ints, Ints]:
    """Return positions of all pairs of a set; of a set larger than `most`, of neighbours only."""
    if size > most:  # quadratic in the size: a folder of ten thousand copies has 50 million pairs
        return np.arange(size - 1), np.arange(1, size)
    return np.triu_indices(size, 1)


def _digest(picture: npt.NDArray[np.uint8]) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(picture).data, digest_size=16).digest()
