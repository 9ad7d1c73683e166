"""Features that need no network, for models that stand beside those of a run as references."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evenhand.base.values import Floats, Ints
from evenhand.data.store.entry import StoreEntry


@dataclass(frozen=True, eq=False)
class ReferenceFeatures:
    """Features of rows that a linear model is fitted on, fold by fold, as a reference in the scores.

    Attributes
    ----------
    name
        Its name in the scores, such as "MiniRocket".
    of
        Entry and positions of n rows in it -> (n, d) features. What it learned without labels, it learned from the
        rows that `Kind.references` was called with.
    """

    name: str
    of: Callable[[StoreEntry, Ints], Floats]
