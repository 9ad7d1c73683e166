"""MiniRocket of scans: many fixed convolutions of the lines one behind the other, each reduced to one number."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import MissingExtraError
from evenhand.base.values import Floats, Ints
from evenhand.data.store.entry import StoreEntry
from evenhand.data.store.ragged import Ragged

KERNELS = 2_016
"""Features; a multiple of the 84 kernels. Of the usual 10,000, thousands are left out to bound the time."""


def require_aeon() -> None:
    """Raise `MissingExtraError` if the package that has MiniRocket is not installed."""
    if find_spec("aeon") is None:
        raise MissingExtraError("aeon", "minirocket", "scanlines.minirocket = true")


def minirocket(entry: StoreEntry, rows: Ints, *, seed: int = 0) -> Callable[[StoreEntry, Ints], Floats]:
    """Return MiniRocket (Dempster, Schmidt and Webb 2021) as a function from rows to (n, KERNELS) features.

    The thresholds of its kernels are quantiles of their outputs on some of `rows`; labels are not used.

    Raises
    ------
    MissingExtraError
        If aeon is not installed.
    """
    require_aeon()
    # Imported where it is used: numba takes seconds to import.
    from aeon.transformations.collection.convolution_based import MiniRocket

    length = _longest(entry, rows)
    transform: Any = MiniRocket(n_kernels=KERNELS, n_jobs=1, random_state=seed)
    transform.fit(series(entry, rows, length))

    def of(other: StoreEntry, asked: Ints) -> Floats:
        return np.asarray(transform.transform(series(other, asked, length)), dtype=np.float64)

    return of


def series(entry: StoreEntry, rows: Ints, length: int) -> npt.NDArray[np.float32]:
    """Return (n, 1, length) the lines of each scan one behind the other, of the first direction alone.

    Shorter scans, and lines that were not scanned, are zeros, which is the mean of a line; longer ones are cut.
    """
    out = np.zeros((len(rows), 1, length), dtype=np.float32)
    for place, row in enumerate(rows):
        values = np.asarray(entry["lines"][int(row)][:, 0], dtype=np.float32).reshape(-1)[:length]
        out[place, 0, : len(values)] = values
    return out


def _longest(entry: StoreEntry, rows: Ints) -> int:
    """Return the number of values of the longest of some scans."""
    lines = entry["lines"]
    if isinstance(lines, Ragged):
        return int((lines.shapes[rows, 0] * lines.shapes[rows, 2]).max())
    return int(lines.shape[1] * lines.shape[3])
