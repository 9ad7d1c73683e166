"""Augmentations that degrade some rows: erase a part, blur, add noise.

Random numbers are drawn for the whole batch at once; the changes are then made picture by picture, because one
picture fits in the CPU cache. On other devices `whole_batch` makes them in all pictures at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil, exp, log

import torch
from torch import Tensor
from torch.nn import functional

from evenhand.models.batch_random import Draws, uniform


@dataclass(frozen=True)
class Damage:
    """An augmentation that changes some rows, one at a time.

    Attributes
    ----------
    name
        Its name in profiles.
    share
        Share of the rows that are changed, 0..1.
    numbers
        Number of random numbers in 0..1 that `change` takes.
    change
        ((c, h, w) picture, those numbers, strength) -> picture; may modify its input.
    """

    name: str
    share: float
    numbers: int
    change: Callable[[Tensor, Sequence[float], float], Tensor]

    def __call__(self, batch: Tensor, draws: Draws, strength: float = 1.0) -> Tensor:
        """Return a copy of the (b, c, h, w) batch in 0..1 with some rows changed."""
        return self.apply_(batch.clone(), draws, strength) if strength > 0 else batch

    def apply_(self, batch: Tensor, draws: Draws, strength: float) -> Tensor:
        """Change some rows of the batch in place and return it.

        Numbers are drawn for unchanged rows too, so that a row's change does not depend on the others'.
        """
        drawn = uniform(draws, len(batch), columns=1 + self.numbers).tolist()
        for row, (luck, *numbers) in enumerate(drawn):
            if luck < self.share:
                batch[row] = self.change(batch[row], numbers, strength).clamp_(0.0, 1.0)
        return batch


def _erase(picture: Tensor, u: Sequence[float], strength: float) -> Tensor:
    top, bottom, left, right = erased_area(picture.shape[1], picture.shape[2], u, strength)
    picture[:, top:bottom, left:right] = picture.mean((1, 2), keepdim=True, dtype=torch.float32)
    return picture


def erased_area(
    height: int,
    width: int,
    u: Sequence[float],
    strength: float,
    *,
    area: tuple[float, float] = (0.02, 0.2),
    ratio: float = 3.0,
) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right (px) of what `erase` fills, by four numbers in 0..1."""
    size = area[0] + (max(area[0], area[1] * strength) - area[0]) * u[0]
    stretch = exp(log(ratio) * (u[1] - 0.5))  # root of the ratio of the sides
    return (
        *_interval(height, size**0.5 * stretch, u[2]),
        *_interval(width, size**0.5 / stretch, u[3]),
    )


def _interval(length: int, share: float, place: float) -> tuple[int, int]:
    """Return start and stop of the pixels that cover a share of a side, at a position in 0..1."""
    span = min(max(round(share * length), 1), length)
    start = int(place * (length - span + 1))
    return start, start + span


def _blur(picture: Tensor, u: Sequence[float], strength: float) -> Tensor:
    taps = blur_taps(picture.shape[1], picture.shape[2], u, strength)
    return _smooth(_smooth(picture.float(), taps, 1), taps, 2)


def blur_taps(
    height: int, width: int, u: Sequence[float], strength: float, *, least: float = 0.3, most: float = 2.0
) -> list[float]:
    """Return the weights of `blur` along a line, an odd number of them with a sum of 1."""
    sigma = least + max(0.0, most * strength - least) * u[0]
    reach = min(ceil(2.5 * sigma), min(height, width) - 1)
    taps = [exp(-0.5 * (place / sigma) ** 2) for place in range(-reach, reach + 1)]
    return [tap / sum(taps) for tap in taps]


def _smooth(picture: Tensor, taps: Sequence[float], dim: int) -> Tensor:
    """Return the (c, h, w) picture convolved along one dimension, with reflection at the ends."""
    reach = len(taps) // 2
    pad = (0, 0, reach, reach) if dim == 1 else (reach, reach, 0, 0)
    padded = functional.pad(picture[None], pad, mode="reflect")[0]
    out = torch.zeros_like(picture)
    for shift, tap in enumerate(taps):
        out.add_(padded.narrow(dim, shift, picture.shape[dim]), alpha=tap)
    return out


def _noise(picture: Tensor, u: Sequence[float], strength: float) -> Tensor:
    start, scale = noise_window(picture.numel(), u, strength)
    window = noise_pool(picture.numel())[start : start + picture.numel()].view(picture.shape)
    return picture.add_(window.to(picture.device, picture.dtype), alpha=scale)


def noise_window(size: int, u: Sequence[float], strength: float, *, most: float = 0.08) -> tuple[int, float]:
    """Return where in the pool the noise of a picture of `size` numbers begins, and its standard deviation."""
    return int(u[0] * (_pool_length(size) - size)), u[1] * most * strength


def noise_pool(size: int) -> Tensor:
    """Return the standard normal numbers from which pictures of `size` numbers take a window each."""
    return _noise_pool(_pool_length(size))


def _pool_length(size: int) -> int:
    return max(1 << 20, 2 * size)


@cache
def _noise_pool(length: int) -> Tensor:
    """Return (length,) standard normal numbers, the same in every process."""
    return torch.randn(length, generator=torch.Generator().manual_seed(0))


erase = Damage("erase", 0.5, 4, _erase)
"""A rectangle of 2 to 20 % of the area, with an aspect ratio of up to 3, filled with the picture's mean colour.

After Zhong et al. 2020 (Random Erasing, algorithm 1); half of the rows.
"""

blur = Damage("blur", 0.25, 1, _blur)
"""A Gaussian blur with a standard deviation of 0.3 to 2 px; a quarter of the rows."""

noise = Damage("noise", 0.5, 2, _noise)
"""Gaussian noise with a standard deviation of up to 0.08; half of the rows.

Each row takes a random window of one long fixed sequence: fresh noise would take longer than everything else.
"""
