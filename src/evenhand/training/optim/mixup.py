"""Mixup and CutMix: rows blended in pairs while training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

BatchT = TypeVar("BatchT", Tensor, dict[str, Tensor])
"""A batch: (b, ...) values, or the parts of rows by name, (b, ...) each."""

PARTNERS = "partners of mixed rows"


class Mixing:
    """Mixup or CutMix of one batch: all is drawn on the host first, so that it is sent to a device with the batch.

    Where both are on, a coin decides for each batch.

    Parameters
    ----------
    rows
        Rows of the batch.
    mixup, cutmix
        Both parameters of the beta distribution of the share of the first row; 0 for off.
    patches
        Whether the batch is (b, c, h, w) pictures, of which CutMix swaps patches.
    draws
        A generator on the CPU: the only source of randomness.
    """

    def __init__(self, rows: int, *, mixup: float, cutmix: float, patches: bool, draws: torch.Generator) -> None:
        self._rows, self._draws = rows, draws
        self._mixup, self._cutmix = mixup, cutmix if patches else 0.0
        # One share for the whole batch, as in the code of the authors; rows differ by their partners.
        self._share = 1.0
        self._centre: tuple[float, float] | None = None

    def draw(self) -> dict[str, Tensor]:
        """Draw everything; return what `mixed` needs on the device: the row that each is mixed with, (b,) int64."""
        draws = self._draws
        patches = bool(self._cutmix) and (not self._mixup or _uniform(draws) < 0.5)
        self._share = _beta(self._cutmix if patches else self._mixup, draws)
        self._centre = (_uniform(draws), _uniform(draws)) if patches else None
        return {PARTNERS: torch.randperm(self._rows, generator=draws)}

    def mixed(self, x: BatchT, targets: Tensor, there: Mapping[str, Tensor]) -> tuple[BatchT, Tensor]:
        """Return the batch and its targets after what was drawn.

        Parameters
        ----------
        x
            (b, ...) float, or a dict of parts, each (b, ...).
        targets
            (b, k) shares of classes.
        there
            What `draw` returned, on the device of the batch.
        """
        other = there[PARTNERS]
        if self._centre is None or not isinstance(x, Tensor):
            return mixup(x, targets, other, self._share)
        return cutmix(x, targets, other, self._share, self._centre)


def mixup(x: BatchT, targets: Tensor, other: Tensor, share: float) -> tuple[BatchT, Tensor]:
    """Return rows blended with others, with their targets (Zhang et al. 2018, eq. 1).

    Every part of a row is blended with the same row and by the same share. Integer and boolean parts (masks,
    counts) cannot be blended: they are taken from the row with the larger share.

    Parameters
    ----------
    other
        (b,) the row that each is blended with.
    share
        Share of the first row.
    """
    blended: Any = (
        {name: _blended(part, other, share) for name, part in x.items()}
        if isinstance(x, Mapping)
        else _blended(x, other, share)
    )
    return blended, torch.lerp(targets[other], targets, share)


def _blended(x: Tensor, other: Tensor, share: float) -> Tensor:
    if x.is_floating_point():
        return torch.lerp(x[other], x, share)
    return x if share >= 0.5 else x[other]


def cutmix(
    x: Tensor, targets: Tensor, other: Tensor, share: float, centre: tuple[float, float]
) -> tuple[Tensor, Tensor]:
    """Return pictures with a rectangle from others, targets blended by area (Yun et al. 2019, eq. 1-3).

    Parameters
    ----------
    x
        (b, c, h, w) float.
    other
        (b,) the row that the rectangle of each is taken from.
    share
        Share of the first row, before the rectangle is clipped.
    centre
        Of the rectangle, as shares of height and width.
    """
    top, bottom, left, right = _box(x.shape[2], x.shape[3], share, centre)
    mixed = x.clone()
    mixed[:, :, top:bottom, left:right] = x[other, :, top:bottom, left:right]
    # From the box, not the sampled share: it is clipped at the edges and rounded to pixels.
    share = 1.0 - (bottom - top) * (right - left) / (x.shape[2] * x.shape[3])
    return mixed, torch.lerp(targets[other], targets, share)


def _uniform(draws: torch.Generator) -> float:
    return float(torch.rand((), generator=draws, dtype=torch.float64))


def _beta(alpha: float, draws: torch.Generator) -> float:
    """Return a sample of Beta(alpha, alpha); torch's takes no generator, so NumPy's is seeded from ours."""
    seed = int(torch.randint(2**62, (), generator=draws))
    return float(np.random.default_rng(seed).beta(alpha, alpha))


def _box(height: int, width: int, share: float, centre: tuple[float, float]) -> tuple[int, int, int, int]:
    """Return top, bottom, left, right of a rectangle of area 1 - share around a point, clipped at the edges."""
    side = (1.0 - share) ** 0.5
    half_h, half_w = int(height * side) // 2, int(width * side) // 2
    y, x = int(centre[0] * height), int(centre[1] * width)
    return max(0, y - half_h), min(height, y + half_h), max(0, x - half_w), min(width, x + half_w)
