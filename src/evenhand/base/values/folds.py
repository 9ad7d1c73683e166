"""Folds: which rows are held out together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import FoldsError
from evenhand.base.values.prediction_fields import groups_of
from evenhand.base.values.samples import Samples
from evenhand.base.values.types import TEST, Ints, Mask, Strings


@dataclass(frozen=True, eq=False)
class Folds:
    """Which fold each row belongs to: 0..k-1, or `TEST` for locked rows.

    Attributes
    ----------
    ids
        (n,) ids.
    fold
        (n,) int16.
    k
        Number of folds.
    how
        How they were made and how good they are, as plain values (method, seed, worst share deviation).
    families
        (n,) the family of each row, None where it is alone: rows that stay together as copies or versions of one
        another. None as a whole where groups are named, or no row has relatives. Figures are resampled over them.
    """

    ids: Strings
    fold: npt.NDArray[np.int16]
    k: int
    how: Mapping[str, Any] = field(default_factory=dict)
    families: Strings | None = None

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.fold):
            raise FoldsError(f"{len(self.ids)} ids for {len(self.fold)} fold numbers.")
        if len(self.fold) and (self.fold.min() < TEST or self.fold.max() >= self.k):
            raise FoldsError(f"Fold numbers must lie in 0..{self.k - 1}, or be test.")
        if self.families is not None and len(self.families) != len(self.ids):
            raise FoldsError(f"{len(self.ids)} ids for {len(self.families)} families.")

    def __len__(self) -> int:
        return len(self.ids)

    def resampling_groups(self, samples: Samples, rows: Mask | Ints) -> tuple[Strings | None, bool]:
        """Return (len(rows),) what figures of some rows are resampled over, and whether these are families.

        Groups where the samples name them; else families, if any rows are related; else None.
        """
        if samples.grouped:
            return samples.groups[rows], False
        if self.families is None:
            return None, False
        ids = samples.ids[rows]
        return groups_of(pd.Series(self.families, index=self.ids).loc[ids].to_numpy(dtype=object), ids), True

    def of(self, ids: Sequence[str] | Strings) -> npt.NDArray[np.int16]:
        """Return (len(ids),) int16 the fold of each id; raises `FoldsError` if one has none."""
        known = pd.Series(self.fold, index=self.ids)
        missing = [i for i in ids if i not in known.index]
        if missing:
            raise FoldsError(
                f"{len(missing)} of {len(ids)} ids have no fold (first: {missing[0]}). "
                "Make the folds again, or add the rows to folds.csv."
            )
        return known.loc[list(ids)].to_numpy(dtype=np.int16)

    def __repr__(self) -> str:
        sizes = ", ".join(str(int((self.fold == f).sum())) for f in range(self.k))
        test = int((self.fold == TEST).sum())
        return f"Folds(k={self.k}, rows {sizes}" + (f", test {test})" if test else ")")
