"""Normalisation of features before a head, part by part where they have several.

A part that is missing in a row is 0 in all of its features. It stays 0, and does not enter the statistics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional

from evenhand.models.masked_batch_norm import masked_batch_norm


class Standardise(nn.BatchNorm1d):
    """Features with mean 0 and variance 1 over the training rows: (b, d) -> (b, d), without learned parameters.

    Running averages are used for evaluation, and for a training batch of a single row, which has no variance.

    Parameters
    ----------
    d
        Number of features.
    parts
        Widths of the parts that may be missing; empty where the features are one.
    """

    def __init__(self, d: int, parts: Sequence[int] = ()) -> None:
        super().__init__(d, affine=False)
        self.edges = [0]
        for width in parts if len(parts) > 1 else ():
            self.edges.append(self.edges[-1] + width)

    def forward(self, x: Tensor) -> Tensor:
        if (
            x.device.type != "cpu" and len(self.edges) > 2
        ):  # which would wait for the answer whether parts are missing
            return self._masked(x)
        here = self._present(x)
        if here is not None:
            return self._of_present(x, here)
        if self.training and len(x) == 1:  # torch raises on a variance of one value
            return functional.batch_norm(x, self.running_mean, self.running_var, eps=self.eps)
        return super().forward(x)

    def set_statistics(self, x: Tensor) -> None:
        """Set the running averages to those of (n, d) features; of a part, over the rows that have it."""
        here = self._present(x)
        whole = self._slices() if here is not None else [slice(None)]
        with torch.no_grad():
            for at, columns in enumerate(whole):
                rows = x[:, columns] if here is None else x[here[:, at], columns]
                if len(rows):
                    self.running_mean[columns] = rows.mean(0)  # type: ignore[index]
                    self.running_var[columns] = rows.var(0, correction=0)  # type: ignore[index]

    def _slices(self) -> list[slice]:
        return [slice(*edge) for edge in zip(self.edges, self.edges[1:], strict=False)]

    def _present(self, x: Tensor) -> Tensor | None:
        """Return (b, parts) bool, which parts are not missing; None where all are there."""
        if len(self.edges) < 2:
            return None
        here = self._here(x)
        return None if bool(here.all()) else here

    def _here(self, x: Tensor) -> Tensor:
        return torch.stack([present(x[:, columns]) for columns in self._slices()], dim=1)

    def _masked(self, x: Tensor) -> Tensor:
        """Return what `forward` gives, without asking the device how many rows have a part."""
        seen = self._here(x).index_select(1, _part_of_columns(tuple(self.edges), x.device))
        if self.training:
            return masked_batch_norm(self, x, seen)
        return functional.batch_norm(x, self.running_mean, self.running_var, eps=self.eps) * seen

    def _of_present(self, x: Tensor, here: Tensor) -> Tensor:
        if not self.training:
            out = functional.batch_norm(x, self.running_mean, self.running_var, eps=self.eps)
            widths = torch.tensor(self.edges, device=x.device).diff()
            return out * here.repeat_interleave(widths, dim=1)
        factor = self._factor()
        out = torch.zeros_like(x)
        for at, columns in enumerate(self._slices()):
            rows = x[here[:, at], columns]
            mean, variance = self.running_mean[columns], self.running_var[columns]  # type: ignore[index]
            if len(rows):  # updates the running averages in place, through the views
                out[here[:, at], columns] = functional.batch_norm(
                    rows, mean, variance, training=len(rows) > 1, momentum=factor, eps=self.eps
                )
        return out

    def _factor(self) -> float:
        """Return the weight of this batch in the running averages, as torch's own layer does."""
        self.num_batches_tracked.add_(1)  # type: ignore[union-attr]
        return 1.0 / float(self.num_batches_tracked) if self.momentum is None else self.momentum  # type: ignore[arg-type]


@lru_cache(maxsize=8)  # to make it anew for every batch is a copy to the device each
def _part_of_columns(edges: tuple[int, ...], device: torch.device) -> Tensor:
    """Return (d,) the part that each column belongs to."""
    widths = torch.tensor(edges).diff()
    return torch.arange(len(widths)).repeat_interleave(widths).to(device)


class UnitLength(nn.Module):
    """Features divided by their L2 norm: (b, d) -> (b, d)."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.normalize(x, dim=1)


class ByPart(nn.Module):
    """Each part of the features normalised alone, row by row: (b, d) -> (b, d); 0 stays 0."""

    def __init__(self, name: str, parts: Mapping[str, int]) -> None:
        super().__init__()
        self.widths = list(parts.values())
        self.scales = nn.ModuleList(scale(name, width) for width in self.widths)

    def forward(self, x: Tensor) -> Tensor:
        parts = torch.split(x, self.widths, dim=1)
        return torch.cat([of(part) for of, part in zip(self.scales, parts, strict=True)], dim=1)


def present(part: Tensor) -> Tensor:
    """Return (b,) bool: the rows in which a part (b, d) of the features is not missing."""
    if part.device.type != "cpu":  # what follows reads back which rows are unsure
        return (part != 0).any(dim=1)
    # a few columns tell of nearly all rows that they are there, without a pass over all
    here = (part[:, :: max(part.shape[1] // 8, 1)] != 0).any(dim=1)
    unsure = (~here).nonzero()[:, 0]
    if len(unsure):
        here[unsure] = (part[unsure] != 0).any(dim=1)
    return here


def scale(name: str, d: int, parts: Mapping[str, int] | None = None) -> nn.Module:
    """Return the module that normalises (b, d) features: batch, layer, l2 or none.

    Parameters
    ----------
    parts
        Widths of the parts of the features; two or more are normalised each by itself.
    """
    parts = parts or {}
    if name == "batch":
        return Standardise(d, list(parts.values()))
    if name == "none":
        return nn.Identity()
    if len(parts) > 1:
        return ByPart(name, parts)
    return nn.LayerNorm(d, elementwise_affine=False) if name == "layer" else UnitLength()


def set_statistics(module: nn.Module, x: Tensor) -> None:
    """Set the running averages of a `scale` to those of (n, d) features; nothing where it has none."""
    if isinstance(module, Standardise):
        module.set_statistics(x)
