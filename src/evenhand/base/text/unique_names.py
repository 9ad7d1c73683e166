"""Names as integer codes: which rows share a name, whatever characters are in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from evenhand.base.values import Ints, Strings


def unique_names(names: Iterable[Any]) -> tuple[Strings, Ints]:
    """Return the g unique names, sorted, and (n,) int64 the code 0..g-1 of each row's name.

    Like `np.unique(names.astype(str), return_inverse=True)`, but NumPy's fixed-width strings drop trailing U+0000,
    which merges names, and store every name at the width of the longest. `factorize` and `groupby` of pandas 2
    ignore everything from the first U+0000 on.

    >>> unique_names(["b", "a", "b"])
    (array(['a', 'b'], dtype=object), array([1, 0, 1]))
    """
    texts = [*map(str, names)]
    found = sorted(set(texts))
    code = {name: at for at, name in enumerate(found)}
    return np.array(found, dtype=object), np.fromiter((code[name] for name in texts), np.int64, len(texts))
