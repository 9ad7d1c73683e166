"""Several labels of a row as one cell of a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

SEPARATOR = "|"
"""What stands between labels where no table shows another separator."""


def label_texts(held: npt.NDArray[np.bool_], classes: Sequence[str], separator: str = SEPARATOR) -> list[str]:
    """Return (n,) the labels of each row of (n, k), in the order of the classes; "" for none.

    >>> label_texts(np.array([[True, False, True], [False, False, False]]), ["red", "big", "old"])
    ['red|old', '']
    """
    return [
        separator.join(name for name, holds in zip(classes, row, strict=True) if holds) for row in held.tolist()
    ]
