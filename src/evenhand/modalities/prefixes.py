"""The first steps of rows that are sequences in time, as encoded rows of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from evenhand.base.values import Ints
from evenhand.data.store.entry import StoreEntry
from evenhand.data.store.ragged import Ragged


def lengths(entry: StoreEntry, names: Sequence[str], rows: Ints) -> Ints:
    """Return (len(rows),) the steps of rows.

    Parameters
    ----------
    names
        `Kind.sequence`: the arrays whose first axis is time.
    """
    part = entry[names[0]]
    if isinstance(part, Ragged):
        return np.asarray(part.shapes[rows, 0])
    return np.full(len(rows), part.shape[1], dtype=np.int64)


def first_steps(entry: StoreEntry, names: Sequence[str], rows: Ints, steps: int) -> StoreEntry:
    """Return rows of an entry as they were after so many steps; shorter rows are whole.

    The arrays are copies in memory. Other arrays than those in `names` stay as they are: a network that is asked
    about a part of a row must not read them.
    """
    arrays: dict[str, Any] = {}
    for name, part in entry.arrays.items():
        taken = [np.asarray(part[int(row)]) for row in rows]
        if name in names:
            arrays[name] = Ragged.of([one[:steps] for one in taken])
        elif isinstance(part, Ragged):
            arrays[name] = Ragged.of(taken)
        else:
            arrays[name] = np.stack(taken)
    # Activations of a frozen part are kept under the name, which must differ wherever the rows do.
    chosen = hashlib.blake2b(np.asarray(rows, dtype=np.int64).tobytes(), digest_size=8).hexdigest()
    name = f"{entry.name}+first{steps}of{chosen}"
    return replace(entry, name=name, rows=len(rows), arrays=arrays, failures={})
