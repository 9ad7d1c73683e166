"""Labels as the loss takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

ABSENT = -30.0
"""Logit of a class of which nothing is known: with a target of 0 it costs nothing in any loss, and no gradient."""


class Targets:
    """Labels of all rows on a device, as classes or as shares of classes.

    Parameters
    ----------
    labels
        (n,) class indices, or (n, k) shares in 0..1 where several classes may hold, NaN where it is not known
        whether a class does. Rows of which nothing is known are never asked for.
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
        self._labels = torch.as_tensor(labels, dtype=dtype, device=device)
        unknown = np.isnan(labels) if self.several else np.zeros((len(labels), 1), dtype=bool)
        self.masked = bool((unknown.any(axis=1) & ~unknown.all(axis=1)).any())
        spread = torch.full((k, k), smoothing / k, dtype=torch.float32, device=device)
        self._rows_of_classes = torch.eye(k, device=device) * (1.0 - smoothing) + spread

    def plain(self, rows: Tensor) -> Tensor:
        """Return (b,) int64 classes, or (b, k) float32 where several may hold, NaN where that is not known."""
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


def without_unknown(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return (b, k) logits and targets in which a class whose target is NaN is absent, and surely not predicted.

    Blended rows have NaN where either row had: what is not known of one is not known of both.
    """
    known = ~torch.isnan(targets)
    return torch.where(known, logits, ABSENT), torch.where(known, targets, 0.0)
