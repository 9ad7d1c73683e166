"""Names as integer codes: which rows share a name, whatever characters are in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.values import Ints, Strings


def unique_names(names: Iterable[Any]) -> tuple[Strings, Ints]:
    """Return the g unique names, sorted, and (n,) int64 the code 0..g-1 of each row's name.

    Like `np.unique(names.astype(str), return_inverse=True)`, but NumPy's fixed-width strings drop trailing U+0000,
    which merges names, and store every name at the width of the longest.

    >>> unique_names(["b", "a", "b"])
    (array(['a', 'b'], dtype=object), array([1, 0, 1]))
    """
    codes, found = pd.factorize(np.array([*map(str, names)], dtype=object), sort=True)
    return np.asarray(found, dtype=object), codes.astype(np.int64)
