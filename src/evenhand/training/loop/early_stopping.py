"""Early stopping: pure functions of the validation values so far (higher is better).

They have no state, so a resumed fit decides as one that was never interrupted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def is_better(value: float, than: float) -> bool:
    """Return whether `value` beats `than`; any value beats one that cannot be estimated (NaN).

    >>> is_better(0.8, 0.7), is_better(0.7, 0.7), is_better(0.1, math.nan), is_better(math.nan, 0.1)
    (True, False, True, False)
    """
    return math.isnan(than) or value > than


def best_at(values: Sequence[float]) -> int:
    """Return the position of the best value, the first of equals; -1 where there is none.

    Where every value is NaN, the last is the best.
    """
    best = -1
    for position, value in enumerate(values):
        if best < 0 or is_better(value, values[best]):
            best = position
    return best


def epochs_since_best(values: Sequence[float]) -> int:
    """Return the number of epochs after the best.

    >>> epochs_since_best([0.2, 0.5, 0.4, 0.5])
    2
    """
    return len(values) - 1 - best_at(values)
