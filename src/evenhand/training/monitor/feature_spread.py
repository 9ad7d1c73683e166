"""Spread of the inputs of the last layer: rows with equal features cannot be classified."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn


class FeatureSpread:
    """The inputs of a module's last linear layer, for the first `most` rows of a forward pass."""

    def __init__(self, module: nn.Module, most: int = 64) -> None:
        linear = [part for part in module.modules() if isinstance(part, nn.Linear)]
        self._layer = linear[-1] if linear else None
        self._most = most
        self._rows: list[Tensor] = []

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Record the inputs of the layer within a block."""
        if self._layer is None:
            yield
            return
        handle = self._layer.register_forward_pre_hook(self._keep)
        try:
            yield
        finally:
            handle.remove()

    def _keep(self, _: nn.Module, inputs: tuple[Any, ...]) -> None:
        missing = self._most - sum(len(part) for part in self._rows)
        if missing > 0 and inputs[0].ndim == 2:
            self._rows.append(inputs[0][:missing].detach().float())

    def read(self) -> dict[str, float | None] | None:
        """Return the `feature_spread` of the recorded rows; None where there are fewer than two."""
        rows = torch.cat(self._rows) if self._rows else torch.empty(0, 1)
        self._rows = []
        return feature_spread(rows) if len(rows) > 1 else None


def feature_spread(rows: Tensor) -> dict[str, float | None]:
    """Return the spread of (n, d) features.

    Returns
    -------
    spread
        Root mean square distance from the mean row, over the root mean square norm of a row: 0 where all rows are
        equal, 1 where their mean is 0.
    dimensions
        Effective number of dimensions, the participation ratio: (sum of variances)² over the sum of their squares
        along the principal axes; 1 where rows lie on a line.
    still
        Share of the d features that are equal in all rows.
    """
    with torch.no_grad():
        centred = rows - rows.mean(dim=0)
        squares = centred.square().sum()
        # the smaller of the two products; both have the same sum of squares, which is that of the variances
        gram = centred @ centred.T if len(rows) <= rows.shape[1] else centred.T @ centred
        still = (centred.abs().amax(dim=0) <= 1e-12).float().mean()
        numbers = torch.stack([squares, rows.square().sum(), gram.square().sum(), still]).cpu().double().tolist()
    moved, length, fourth, share = numbers
    if not math.isfinite(moved + length + fourth):
        return {"spread": None, "dimensions": None, "still": share}
    return {
        "spread": math.sqrt(moved / length) if length > 0 else 0.0,
        "dimensions": moved**2 / fourth if fourth > 0 else 0.0,
        "still": share,
    }
