"""Statistics of one training epoch: mix of classes, outputs, and gradient norms."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from evenhand.base.values import Ints
from evenhand.training.inputs.targets import Targets
from evenhand.training.monitor.class_stats import ClassStats
from evenhand.training.optim.gradient_norms import GradientNorms

MOST_LOGITS = 262_144
"""Most logits of an epoch that are recorded with their gradients; of longer epochs, evenly spaced batches."""


class EpochRecorder:
    """Records the steps of one epoch; the device is not read before `read`.

    The mix of classes is counted over all batches.

    Parameters
    ----------
    k
        Number of classes.
    multi_label
        Whether several classes may hold for one row.
    steps
        Optimizer steps of the epoch.
    batches
        Batches of the epoch, more than steps where gradients are accumulated.
    """

    gradient_norms: GradientNorms | None

    def __init__(self, k: int, multi_label: bool, steps: int, batches: int) -> None:
        self._stats, self._mix = ClassStats(k, multi_label), BatchMix(k)
        self.gradient_norms = GradientNorms(steps)
        self._batches, self._number, self._every, self._steps = batches, 0, 0, 0
        self._logits: Tensor | None = None

    def forward(self, logits: Tensor) -> None:
        """Record (b, k) logits before their loss is computed; of a step with two passes (SAM), the first counts."""
        # from the first batch on, when the number of logits in one is known
        self._every = self._every or max(1, -(-self._batches * logits.numel() // MOST_LOGITS))
        if self._logits is None and self._number % self._every == 0:
            self._logits = logits
            if logits.requires_grad:
                logits.retain_grad()  # torch frees gradients of intermediate tensors otherwise

    def step(self, targets: Tensor, loss_scale: Tensor | None = None, *, last: bool = True) -> None:
        """Record the end of a batch, with the targets of its loss.

        Parameters
        ----------
        loss_scale
            () factor on the loss before its gradients were taken (fp16), or None. It changes within an epoch, so
            that gradients are divided by it. Rows whose gradient overflowed, in a step that was skipped, count as
            rows without one.
        last
            Whether the optimizer stepped after it.
        """
        self._number += 1
        self._steps += last
        self._mix.add(targets, last=last)
        logits, self._logits = self._logits, None
        if logits is None:
            return
        gradient = logits.grad
        if gradient is not None and loss_scale is not None:
            gradient = (gradient / loss_scale).nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)
        self._stats.add(logits, targets, gradient)

    def read(self) -> dict[str, Any]:
        """Return `train` (see `class_stats.statistics`), `steps`, `motion`, `batch_mix` and `gradient_share`."""
        train = self._stats.read() or {}
        return {
            "steps": self._steps,
            "gradient_share": train.pop("gradient_share", None),
            **self._mix.read(),
            "train": train or None,
            "motion": None if self.gradient_norms is None else self.gradient_norms.read(),
        }


class BatchMix:
    """Counts the classes in the batches of an epoch; those of one optimizer step count as one."""

    def __init__(self, k: int) -> None:
        self._k = k
        self._targets: list[Tensor] = []
        self._sizes = [0]

    def add(self, targets: Tensor, *, last: bool = True) -> None:
        """Add the targets of a batch: (b,) classes, or (b, k) shares of classes."""
        self._targets.append(targets)
        self._sizes[-1] += len(targets)
        if last:
            self._sizes.append(0)

    def read(self) -> dict[str, Any]:
        """Return `batch_mix`, the share of each class, and `batches_without`, the number of batches without it.

        Where rows hold several classes or shares of them, the share is that of all known labels.
        """
        if not self._targets:
            return {"batch_mix": None, "batches_without": None}
        joined = torch.cat(self._targets).cpu().numpy()
        sizes = [size for size in self._sizes if size]
        if joined.ndim == 2:
            batches = np.add.reduceat(np.nan_to_num(joined), np.cumsum([0, *sizes])[:-1], axis=0)
        else:
            cell = np.repeat(np.arange(len(sizes)) * self._k, sizes) + joined
            batches = np.bincount(cell, minlength=len(sizes) * self._k).reshape(-1, self._k)
        total = batches.sum(axis=0, dtype=np.float64)
        mix = total / total.sum() if total.sum() > 0 else total
        return {"batch_mix": mix.tolist(), "batches_without": (batches <= 0).sum(axis=0).tolist()}


def class_statistics(logits: Tensor, targets: Targets, rows: Ints) -> dict[str, Any] | None:
    """Return the `statistics` of (m, k) logits of the m rows at `rows`; None where there is no row."""
    stats = ClassStats(targets.k, targets.multi_label)
    if len(logits):
        at = torch.from_numpy(rows).to(targets.device)
        stats.add(logits, targets.plain(at).to(logits.device))
    return stats.read()
