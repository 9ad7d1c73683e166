"""Labels as the loss takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor


class Targets:
    """Labels of all rows on a device, as classes or as shares of classes.

    Parameters
    ----------
    labels
        (n,) class indices, or (n, k) shares in 0..1 where several classes may hold. Unknown ones are never
        asked for.
    k
        Number of classes.
    smoothing
        Share of the target that is spread evenly over the classes (Szegedy et al. 2016, section 7); where
        several classes may hold, over yes and no of each.
    """

    def __init__(self, labels: npt.NDArray[Any], k: int, *, smoothing: float = 0.0, device: Any = "cpu") -> None:
        self.k = k
        self.device = torch.device(device)
        self.several = labels.ndim == 2
        self._smoothing = smoothing
        dtype = torch.float32 if self.several else torch.int64
        known = np.nan_to_num(labels) if self.several else labels
        self._labels = torch.as_tensor(known, dtype=dtype, device=device)
        spread = torch.full((k, k), smoothing / k, dtype=torch.float32, device=device)
        self._rows_of_classes = torch.eye(k, device=device) * (1.0 - smoothing) + spread

    def plain(self, rows: Tensor) -> Tensor:
        """Return (b,) int64 classes, or (b, k) float32 where several may hold, as they are."""
        return self._labels.index_select(0, rows)

    def shares(self, rows: Tensor) -> Tensor:
        """Return (b, k) float32 shares of the classes, smoothed."""
        labels = self._labels.index_select(0, rows)
        if self.several:
            return labels * (1.0 - self._smoothing) + self._smoothing / 2
        return self._rows_of_classes.index_select(0, labels)

    def unsmoothed(self, shares: Tensor) -> Tensor:
        """Return (b, k) shares of classes as they would be without smoothing, those of blended rows too."""
        if not self._smoothing:
            return shares
        spread = self._smoothing / (2 if self.several else self.k)
        return ((shares - spread) / (1.0 - self._smoothing)).clamp_(0.0, 1.0)

    def fitted(self, rows: Tensor) -> Tensor:
        """Return what is fitted: classes where they are enough, smoothed shares where they are not."""
        return self.shares(rows) if self._smoothing else self.plain(rows)
