"""Normalisation of features before a head, part by part where they have several."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional


class Standardise(nn.BatchNorm1d):
    """Features with mean 0 and variance 1 over the training rows: (b, d) -> (b, d), without learned parameters.

    Running averages are used for evaluation, and for a training batch of a single row, which has no variance.
    """

    def __init__(self, d: int) -> None:
        super().__init__(d, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.training and len(x) == 1:  # torch raises on a variance of one value
            return functional.batch_norm(x, self.running_mean, self.running_var, eps=self.eps)
        return super().forward(x)

    def set_statistics(self, x: Tensor) -> None:
        """Set the running averages to those of (n, d) features."""
        with torch.no_grad():
            self.running_mean.copy_(x.mean(0))  # type: ignore[union-attr]
            self.running_var.copy_(x.var(0, correction=0))  # type: ignore[union-attr]


class UnitLength(nn.Module):
    """Features divided by their L2 norm: (b, d) -> (b, d)."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.normalize(x, dim=1)


class ByPart(nn.Module):
    """Each part of the features normalised alone: (b, d) -> (b, d).

    A part that is missing in a row is 0 in all of its features. It stays 0, and does not enter the statistics.
    """

    def __init__(self, name: str, parts: Mapping[str, int]) -> None:
        super().__init__()
        self.widths = list(parts.values())
        self.scales = nn.ModuleList(scale(name, width) for width in self.widths)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([_present_only(of, part) for of, part in self._parts(x)], dim=1)

    def set_statistics(self, x: Tensor) -> None:
        """Set the running averages of each part to those of the rows that have it."""
        for of, part in self._parts(x):
            here = part[present(part)]
            if len(here):
                set_statistics(of, here)

    def _parts(self, x: Tensor) -> list[tuple[nn.Module, Tensor]]:
        return list(zip(self.scales, torch.split(x, self.widths, dim=1), strict=True))


def present(part: Tensor) -> Tensor:
    """Return (b,) bool: the rows in which a part (b, d) of the features is not missing."""
    return (part != 0).any(dim=1)


def _present_only(of: nn.Module, part: Tensor) -> Tensor:
    here = present(part)
    if bool(here.all()):
        return of(part)  # type: ignore[no-any-return]
    out = torch.zeros_like(part)
    if bool(here.any()):
        out[here] = of(part[here]).to(out.dtype)
    return out


def scale(name: str, d: int, parts: Mapping[str, int] | None = None) -> nn.Module:
    """Return the module that normalises (b, d) features: batch, layer, l2 or none.

    Parameters
    ----------
    parts
        Widths of the parts of the features; two or more are normalised each by itself.
    """
    if parts and len(parts) > 1 and name != "none":
        return ByPart(name, parts)
    if name == "batch":
        return Standardise(d)
    if name == "layer":
        return nn.LayerNorm(d, elementwise_affine=False)
    return UnitLength() if name == "l2" else nn.Identity()


def set_statistics(module: nn.Module, x: Tensor) -> None:
    """Set the running averages of a `scale` to those of (n, d) features; nothing where it has none."""
    if isinstance(module, (Standardise, ByPart)):
        module.set_statistics(x)
