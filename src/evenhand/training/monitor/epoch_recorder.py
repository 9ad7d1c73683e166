"""What one epoch shows besides its losses: who was drawn, what was said of them, how far the weights moved."""

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
"""Logits of an epoch that are taken down with their gradients; of longer epochs, batches spread evenly."""


class EpochRecorder:
    """Takes down the steps of one epoch; the device is not read before `read`.

    Which classes were drawn is counted over all batches.

    Parameters
    ----------
    k
        Number of classes.
    several
        Whether several may hold for one row.
    steps
        Steps of the epoch.
    """

    motion: GradientNorms | None

    def __init__(self, k: int, several: bool, steps: int) -> None:
        self._tally, self._mix = ClassStats(k, several), Mix(k)
        self.motion = GradientNorms(steps)
        self._steps, self._number, self._every = steps, 0, 0
        self._logits: Tensor | None = None

    def forward(self, logits: Tensor) -> None:
        """See (b, k) logits before their loss is taken; of a step with two passes, the first counts."""
        self._every = self._every or max(1, -(-self._steps * logits.numel() // MOST_LOGITS))
        if self._logits is None and self._number % self._every == 0:
            self._logits = logits
            if logits.requires_grad:
                logits.retain_grad()

    def step(self, targets: Tensor) -> None:
        """See the step done, and the targets that its loss was taken with."""
        self._number += 1
        self._mix.add(targets)
        logits, self._logits = self._logits, None
        if logits is not None:
            self._tally.add(logits, targets, logits.grad)

    def read(self) -> dict[str, Any]:
        """Return `train` (see `training.tally.told`), `steps`, `motion`, `batch_mix` and `gradient_share`."""
        train = self._tally.read() or {}
        return {
            "steps": self._number,
            "gradient_share": train.pop("gradient_share", None),
            **self._mix.read(),
            "train": train or None,
            "motion": None if self.motion is None else self.motion.read(),
        }


class Mix:
    """Counts what the batches of an epoch hold."""

    def __init__(self, k: int) -> None:
        self._k = k
        self._targets: list[Tensor] = []

    def add(self, targets: Tensor) -> None:
        """Take in the targets of a batch: (b,) classes, or (b, k) shares of classes."""
        self._targets.append(targets)

    def read(self) -> dict[str, Any]:
        """Return `batch_mix`, the share of each class in the epoch, and `batches_without`, in how many it was not.

        Where rows hold several classes or shares of them, the share is that of all that they hold.
        """
        if not self._targets:
            return {"batch_mix": None, "batches_without": None}
        joined = torch.cat(self._targets).cpu().numpy()
        sizes = [len(one) for one in self._targets]
        if joined.ndim == 2:
            batches = np.add.reduceat(joined, np.cumsum([0, *sizes])[:-1], axis=0)
        else:
            cell = np.repeat(np.arange(len(sizes)) * self._k, sizes) + joined
            batches = np.bincount(cell, minlength=len(sizes) * self._k).reshape(-1, self._k)
        total = batches.sum(axis=0, dtype=np.float64)
        mix = total / total.sum() if total.sum() > 0 else total
        return {"batch_mix": mix.tolist(), "batches_without": (batches <= 0).sum(axis=0).tolist()}


def looked(logits: Tensor, targets: Targets, rows: Ints) -> dict[str, Any] | None:
    """Return what (m, k) logits say of the m rows at `rows`, as `told` does; None where there is no row."""
    tally = ClassStats(targets.k, targets.several)
    if len(logits):
        at = torch.from_numpy(rows).to(targets.device)
        tally.add(logits, targets.plain(at).to(logits.device))
    return tally.read()
