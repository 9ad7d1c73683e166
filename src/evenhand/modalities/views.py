"""Views for prediction: a row shown in several ways that do not change its class, and what is said is averaged.

A kind of data offers sets of them as its attribute `test_views`: name -> views, of which the first leaves the
row as it is. A view is exact (it resamples nothing) and takes one encoded row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
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
    """One way of showing a row.

    Attributes
    ----------
    name
        As it is written in the store's keys.
    show
        One encoded row -> the same, seen so.
    array
        Which of a row's arrays it shows.
    """

    name: str
    show: Callable[[Array], Array]
    array: str = "image"


PLAIN = View("plain", np.asarray)
"""The row as it is."""

Sets = Mapping[str, Sequence[View]]


class Viewed:
    """Encoded rows as a view shows them, read one at a time; like an array as far as reading goes.

    Parameters
    ----------
    rows
        (n, ...) encoded rows, in memory or memory-mapped, of one size or of any.
    view
        How they are shown.
    """

    def __init__(self, rows: Any, view: View) -> None:
        self._rows = rows
        self._show = view.show
        if hasattr(rows, "shapes"):
            self.shapes = rows.shapes

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, row: int) -> Array:
        return np.ascontiguousarray(self._show(np.asarray(self._rows[row])))

    def take(self, rows: Array, axis: int = 0, out: None = None, mode: str = "raise") -> Array:
        """Return the rows at positions, stacked; what `np.take` calls."""
        return np.stack([self[int(row)] for row in rows])


def seen(entry: StoreEntry, view: View) -> StoreEntry:
    """Return encoded rows as a view shows them, under a name of their own in the store."""
    if view is PLAIN:
        return entry
    shown: Any = Viewed(entry[view.array], view)
    return replace(entry, name=f"{entry.name}+{view.name}", arrays={**entry.arrays, view.array: shown})


def views_of(kind: Kind, wanted: str | int) -> tuple[View, ...]:
    """Return the views of a kind of data that are asked for.

    Parameters
    ----------
    kind
        The kind.
    wanted
        A name, or a number: so many of its largest set, the plain one first.

    Raises
    ------
    ModelError
        If it has no such set, or fewer views.
    """
    sets: Sets = {"none": (PLAIN,), **kind.test_views}
    if isinstance(wanted, str) and not wanted.isdigit():
        if wanted not in sets:
            raise ModelError(unknown(f"set of test views for {kind.name}", wanted, sets))
        return tuple(sets[wanted])
    largest = max(sets.values(), key=len)
    if not 1 <= int(wanted) <= len(largest):
        raise ModelError(f"There are 1 to {len(largest)} test views for {kind.name}, not {wanted}.")
    return tuple(largest[: int(wanted)])
