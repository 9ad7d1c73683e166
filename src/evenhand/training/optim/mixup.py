"""Mixup and CutMix: rows blended in pairs while training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

BatchT = TypeVar("BatchT", Tensor, dict[str, Tensor])
"""A batch: (b, ...) values, or the parts of rows by name, (b, ...) each."""


def mixup(x: BatchT, targets: Tensor, alpha: float, draws: torch.Generator) -> tuple[BatchT, Tensor]:
    """Return rows blended with others, with their targets (Zhang et al. 2018, eq. 1).

    Every part of a row is blended with the same row and by the same share. Integer and boolean parts (masks,
    counts) cannot be blended: they are taken from the row with the larger share.

    Parameters
    ----------
    x
        (b, ...) float, or a dict of parts, each (b, ...).
    targets
        (b, k) shares of classes.
    alpha
        Both parameters of the beta distribution of the share of the first row.
    """
    # One share for the whole batch, as in the code of the authors; rows differ by their partners.
    share = _beta(alpha, draws)
    other = _partners(targets, draws)
    blended: Any = (
        {name: _blended(part, other, share) for name, part in x.items()}
        if isinstance(x, Mapping)
        else _blended(x, other, share)
    )
    return blended, torch.lerp(targets[other], targets, share)


def _blended(x: Tensor, other: Tensor, share: float) -> Tensor:
    at = other.to(x.device)
    if x.is_floating_point():
        return torch.lerp(x[at], x, share)
    return x if share >= 0.5 else x[at]


def cutmix(x: Tensor, targets: Tensor, alpha: float, draws: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return pictures with a rectangle from others, targets blended by area (Yun et al. 2019, eq. 1-3).

    Parameters
    ----------
    x
        (b, c, h, w) float.
    targets
        (b, k) shares of classes.
    """
    top, bottom, left, right = _box(x.shape[2], x.shape[3], _beta(alpha, draws), draws)
    other = _partners(x, draws)
    mixed = x.clone()
    mixed[:, :, top:bottom, left:right] = x[other, :, top:bottom, left:right]
    # From the box, not the sampled share: it is clipped at the edges and rounded to pixels.
    share = 1.0 - (bottom - top) * (right - left) / (x.shape[2] * x.shape[3])
    return mixed, torch.lerp(targets[other], targets, share)


def mixed(
    x: BatchT, targets: Tensor, *, mixup_alpha: float, cutmix_alpha: float, draws: torch.Generator
) -> tuple[BatchT, Tensor]:
    """Return the batch after mixup or CutMix; where both are on, a coin decides for each batch."""
    if cutmix_alpha and isinstance(x, Tensor) and (not mixup_alpha or _uniform(draws) < 0.5):
        return cutmix(x, targets, cutmix_alpha, draws)
    return mixup(x, targets, mixup_alpha, draws)


def _partners(x: Tensor, draws: torch.Generator) -> Tensor:
    return torch.randperm(len(x), generator=draws).to(x.device)


def _uniform(draws: torch.Generator) -> float:
    return float(torch.rand((), generator=draws, dtype=torch.float64))


def _beta(alpha: float, draws: torch.Generator) -> float:
    """Return a sample of Beta(alpha, alpha); torch's takes no generator, so NumPy's is seeded from ours."""
    seed = int(torch.randint(2**62, (), generator=draws))
    return float(np.random.default_rng(seed).beta(alpha, alpha))


def _box(height: int, width: int, share: float, draws: torch.Generator) -> tuple[int, int, int, int]:
    """Return top, bottom, left, right of a rectangle of area 1 - share at a random point, clipped at the edges."""
    side = (1.0 - share) ** 0.5
    half_h, half_w = int(height * side) // 2, int(width * side) // 2
    y, x = int(_uniform(draws) * height), int(_uniform(draws) * width)
    return max(0, y - half_h), min(height, y + half_h), max(0, x - half_w), min(width, x + half_w)
