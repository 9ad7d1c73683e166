"""Views for test-time augmentation: transformations of a row that keep its class; predictions are averaged.

A kind of data has sets of them in its attribute `test_views`: name -> views, the first of which leaves the row
unchanged. A view is exact (it resamples nothing) and takes one encoded row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import ModelError, unknown
from evenhand.data.store.entry import StoreEntry

if TYPE_CHECKING:
    from evenhand.modalities.kind import Kind

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class View:
    """One transformation of a row.

    Attributes
    ----------
    name
        Its name in the keys of the store.
    show
        One array of an encoded row -> the transformed array.
    array
        Name of the array that it transforms.
    """

    name: str
    show: Callable[[Array], Array]
    array: str = "image"


PLAIN = View("plain", np.asarray)
"""The unchanged row."""

Sets = Mapping[str, Sequence[View]]


class Viewed:
    """Encoded rows transformed by a view, one at a time on access; a read-only stand-in for an array.

    Parameters
    ----------
    rows
        (n, ...) encoded rows, in memory or memory-mapped, of one shape or ragged.
    view
        The view.
    """

    def __init__(self, rows: Any, view: View) -> None:
        self._rows = rows
        self._show = view.show

    @cached_property
    def _first(self) -> Array:
        return self[0]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of its numbers, that of the first row."""
        return self._first.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, ...), if all rows have the shape of the first."""
        return (len(self), *self._first.shape)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, row: int) -> Array:
        return np.ascontiguousarray(self._show(np.asarray(self._rows[row])))

    def take(self, rows: Array, axis: int = 0, out: Array | None = None, mode: str = "raise") -> Array:
        """Return the rows at positions, stacked; `np.take` calls this method."""
        return np.stack([self[int(row)] for row in rows], out=out)


def seen(entry: StoreEntry, view: View) -> StoreEntry:
    """Return encoded rows transformed by a view; the entry's name differs, as keys of the store derive from it."""
    if view is PLAIN:
        return entry
    shown: Any = Viewed(entry[view.array], view)
    return replace(entry, name=f"{entry.name}+{view.name}", arrays={**entry.arrays, view.array: shown})


def views_of(kind: Kind, wanted: str | int) -> tuple[View, ...]:
    """Return a set of views of a kind of data.

    Parameters
    ----------
    kind
        The kind.
    wanted
        Name of a set, or a number of views of the largest set, the plain one first.

    Raises
    ------
    ModelError
        If there is no such set, or it has fewer views.
    """
    sets: Sets = {"none": (PLAIN,), **kind.test_views}
    if isinstance(wanted, str) and not wanted.isdecimal():
        if wanted not in sets:
            raise ModelError(unknown(f"set of test views for {kind.name}", wanted, sets))
        return tuple(sets[wanted])
    largest = max(sets.values(), key=len)
    if not 1 <= int(wanted) <= len(largest):
        raise ModelError(f"There are 1 to {len(largest)} test views for {kind.name}, not {wanted}.")
    return tuple(largest[: int(wanted)])
