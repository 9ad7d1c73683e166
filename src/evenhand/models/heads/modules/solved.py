"""What a head that is solved is fitted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from evenhand.base.values import Floats, Strings


@dataclass(frozen=True, eq=False)
class LabelledRows:
    """Training rows of a head.

    Attributes
    ----------
    x
        (n, d) float32 features, normalised.
    labels
        (n,) classes 0..k-1; or (n, k) shares, NaN where unknown.
    k
        Number of classes.
    groups
        (n,) groups, or None for each row alone.
    weights
        (n,) weight of each row, or None.
    """

    x: Tensor
    labels: npt.NDArray[Any]
    k: int
    groups: Strings | None = None
    weights: Floats | None = None

    @property
    def several(self) -> bool:
        """Whether a row may have several classes."""
        return self.labels.ndim == 2

    @property
    def matrix(self) -> Floats:
        """(n, k) shares of the classes, NaN where unknown."""
        return self.labels if self.several else np.eye(self.k)[self.labels]
