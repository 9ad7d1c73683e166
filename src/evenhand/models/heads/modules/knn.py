"""Nearest training rows by cosine."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from evenhand.models.heads.modules.solved import LabelledRows

MOST_NUMBERS = 2**25
"""Most similarities that are computed at once (128 MiB)."""


class KnnModule(nn.Module):
    """Shares of labels among the nearest of the rows it holds, as logits: (b, d) -> (b, k).

    Parameters
    ----------
    neighbours
        Number of rows that count.
    temperature
        Scale of cosines in the weight exp(cosine / temperature).
    rows
        Number of rows that are held, none before `solve`.
    """

    rows: Tensor
    labels: Tensor
    weights: Tensor
    base: Tensor
    several: Tensor

    def __init__(self, d: int, k: int, neighbours: int, temperature: float, *, rows: int = 0) -> None:
        super().__init__()
        self.neighbours, self.temperature = neighbours, temperature
        self.register_buffer("rows", torch.zeros(rows, d, dtype=torch.float16))
        self.register_buffer("labels", torch.zeros(rows, k))
        self.register_buffer("weights", torch.ones(rows))
        self.register_buffer("base", torch.full((k,), 0.5))
        self.register_buffer("several", torch.tensor(False))

    @property
    def held_rows(self) -> int:
        """Number of training rows that the module holds."""
        return len(self.rows)

    def solve(self, data: LabelledRows) -> dict[str, Any]:
        """Hold the training rows and their labels; return nothing that a summary needs."""
        labels = torch.from_numpy(np.asarray(data.matrix, dtype=np.float32))
        weights = torch.ones(len(labels)) if data.weights is None else torch.from_numpy(data.weights).float()
        known = (~torch.isnan(labels)) * weights[:, None]
        held = (torch.nan_to_num(labels) * weights[:, None]).sum(dim=0)
        self.rows = functional.normalize(data.x, dim=1).half()
        self.labels, self.weights = labels.to(data.x.device), weights.to(data.x.device)
        # of (rows + 2) with one half in each: a label that no row has, or all have, is not certain
        self.base = ((held + 0.5) / (known.sum(dim=0) + 1.0)).to(data.x.device)
        if not data.several:
            self.base = self.base / self.base.sum()
        self.several = torch.tensor(data.several, device=data.x.device)
        return {}

    def embedding(self, x: Tensor) -> Tensor:
        """Return the (b, d) features, of unit length."""
        return functional.normalize(x.float(), dim=1)

    def forward(self, x: Tensor) -> Tensor:
        shares = self.shares(x)
        return shares.logit() if bool(self.several) else shares.log()

    def shares(self, x: Tensor) -> Tensor:
        """Return (b, k) weighted shares of the labels among the nearest rows, in (0, 1)."""
        count = min(self.neighbours, len(self.rows))
        per_row = max(len(self.rows), count * self.labels.shape[1], 1)
        held = self.rows.float()
        parts = torch.split(self.embedding(x), max(1, MOST_NUMBERS // per_row))
        return torch.cat([self._shares(part @ held.T, count) for part in parts])

    def _shares(self, similarities: Tensor, count: int) -> Tensor:
        if not count:
            return self.base.expand(len(similarities), -1)
        nearest, at = similarities.topk(count, dim=1)
        weights = ((nearest - nearest[:, :1]) / self.temperature).exp() * self.weights[at]
        # a mean weight of 1, against which the row of the base rate counts once
        weights = weights * (count / weights.sum(dim=1, keepdim=True).clamp_min(1e-12))
        labels = self.labels[at]
        known = weights[:, :, None] * ~torch.isnan(labels)
        return ((known * torch.nan_to_num(labels)).sum(dim=1) + self.base) / (known.sum(dim=1) + 1.0)
