"""Targets of the loss: labels on the device, smoothed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

ABSENT = -30.0
"""Logit of a class with an unknown label: with a target of 0 it adds nothing to any loss, nor to the gradient."""


class Targets:
    """Labels of all rows on a device, as classes or as shares of classes.

    Parameters
    ----------
    labels
        (n,) class indices, or (n, k) shares in 0..1 where several classes may hold, NaN where it is not known
        whether a class does. Rows without any known label must not be requested.
    k
        Number of classes.
    smoothing
        Share of the target that is spread evenly over the classes (Szegedy et al. 2016, section 7); where
        several classes may hold, over presence and absence of each.
    """

    def __init__(self, labels: npt.NDArray[Any], k: int, *, smoothing: float = 0.0, device: Any = "cpu") -> None:
        self.k = k
        self.device = torch.device(device)
        self.multi_label = labels.ndim == 2
        self._smoothing = smoothing
        dtype = torch.float32 if self.multi_label else torch.int64
        self._labels = torch.as_tensor(
            np.array(labels), dtype=dtype, device=device
        )  # a copy: labels may be read-only
        unknown = np.isnan(labels) if self.multi_label else np.zeros((len(labels), 1), dtype=bool)
        self.masked = bool((unknown.any(axis=1) & ~unknown.all(axis=1)).any())
        spread = torch.full((k, k), smoothing / k, dtype=torch.float32, device=device)
        self._rows_of_classes = torch.eye(k, device=device) * (1.0 - smoothing) + spread

    def plain(self, rows: Tensor) -> Tensor:
        """Return (b,) int64 classes, or (b, k) float32 where several may hold, NaN where that is not known."""
        return self._labels.index_select(0, rows)

    def shares(self, rows: Tensor) -> Tensor:
        """Return (b, k) float32 shares of the classes, smoothed."""
        labels = self._labels.index_select(0, rows)
        if self.multi_label:
            return labels * (1.0 - self._smoothing) + self._smoothing / 2
        return self._rows_of_classes.index_select(0, labels)

    def unsmoothed(self, shares: Tensor) -> Tensor:
        """Return (b, k) shares of classes with the smoothing taken off, also of mixed rows."""
        if not self._smoothing:
            return shares
        spread = self._smoothing / (2 if self.multi_label else self.k)
        return ((shares - spread) / (1.0 - self._smoothing)).clamp_(0.0, 1.0)

    def fitted(self, rows: Tensor) -> Tensor:
        """Return the targets of training: classes, or smoothed shares where there is smoothing.

        Losses are faster on class indices.
        """
        return self.shares(rows) if self._smoothing else self.plain(rows)


def without_unknown(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return (b, k) logits and targets in which a class whose target is NaN is absent, and predicted to be.

    Mixed rows have NaN where either row had: what is unknown of one is unknown of both.
    """
    known = ~torch.isnan(targets)
    return torch.where(known, logits, ABSENT), torch.where(known, targets, 0.0)
