"""Profiles as a few operations on whole batches, for devices that a loop over pictures would leave idle.

On a processor pictures are degraded one at a time, since one fits in its cache (`degradation`). A graphics card
waits for each operation to be asked for: there, everything random is drawn and made parameters on the
processor, sent in one copy, and applied to all rows at once, where rows that luck leaves alone keep their
values. Equal draws give equal pictures on both ways, up to the order of sums.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import groupby
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from evenhand.modalities.images.image_inputs import Drawn
from evenhand.modalities.photos.augmentations import jpeg as jpeg_steps
from evenhand.modalities.photos.augmentations.color import (
    brightness_contrast,
    brightness_numbers,
    colour_matrices,
    hue_saturation,
    recoloured,
    relit,
)
from evenhand.modalities.photos.augmentations.degradation import (
    Damage,
    blur,
    blur_taps,
    erase,
    erased_area,
    noise,
    noise_pool,
    noise_window,
)
from evenhand.modalities.photos.augmentations.geometry import (
    Movement,
    composed,
    flips_alone,
    mirrored,
    places,
    resampled,
)
from evenhand.models.batch_random import Draws, uniform

Change = Callable[[Tensor, Tensor], Tensor]
"""The (b, c, h, w) batch, and its parameters (b, columns) on the same device -> the batch, changed."""

Prepared = tuple[Tensor, Change]
"""(b, columns) float32 parameters on the processor, and what applies them."""


def apply_at_once(batch: Tensor, steps: Sequence[tuple[Any, float]], draws: Draws) -> Tensor:
    """Return the (b, c, h, w) batch in 0..1 after some augmentations, each with its strength, in their order.

    Augmentations without parameters of this form (of other packages) are called as they are, where they stand.
    """
    for known, together in groupby(steps, key=lambda step: _is_known(step[0])):
        if known:
            drawn = _drawn_of(batch.shape, list(together), draws)
            batch = drawn.apply(batch, drawn.numbers.to(batch.device))
            continue
        for augmentation, strength in together:
            batch = augmentation(batch, draws, strength)
    return batch


def drawn_at_once(shape: Sequence[int], steps: Sequence[tuple[Any, float]], draws: Draws) -> Drawn | None:
    """Return what `apply_at_once` draws for a (b, c, h, w) batch, and what applies it.

    None, and nothing is drawn, where an augmentation has no parameters of this form: it sees the pictures first.
    """
    return _drawn_of(shape, steps, draws) if all(_is_known(step) for step, _ in steps) else None


def _is_known(augmentation: Any) -> bool:
    return isinstance(augmentation, Movement) or augmentation in PREPARED


def _drawn_of(shape: Sequence[int], steps: Sequence[tuple[Any, float]], draws: Draws) -> Drawn:
    waiting: list[Prepared] = []
    for moves, together in groupby(steps, key=lambda step: isinstance(step[0], Movement)):
        if moves:
            waiting.append(_moved(shape, [(s, x) for s, x in together if isinstance(s, Movement)], draws))
        else:
            waiting += [PREPARED[augmentation](shape, strength, draws) for augmentation, strength in together]
    columns = [torch.empty(shape[0], 0), *(part for part, _ in waiting)]
    sizes = [part.shape[1] for part in columns]

    def apply(batch: Tensor, numbers: Tensor) -> Tensor:
        _, *parts = torch.split(numbers, sizes, dim=1)
        for part, (_, change) in zip(parts, waiting, strict=True):
            batch = change(batch, part)
        return batch

    return Drawn(torch.cat(columns, dim=1), apply)


# Geometry


def _moved(shape: Sequence[int], steps: Sequence[tuple[Movement, float]], draws: Draws) -> Prepared:
    rows, _, height, width = shape
    maps = composed(steps, draws, rows, height / width)
    if flips_alone(maps):
        return torch.stack([maps[:, 0, 0], maps[:, 1, 1]], dim=1), _flip
    return maps.reshape(rows, 9), _warp


def _flip(batch: Tensor, signs: Tensor) -> Tensor:
    across, down = (signs[:, at].view(-1, 1, 1, 1) < 0 for at in (0, 1))
    return mirrored(batch, across, down)


def _warp(batch: Tensor, maps: Tensor) -> Tensor:
    return resampled(batch, places(maps.view(-1, 3, 3), batch.shape[2], batch.shape[3]))


# Colour


def _relight(shape: Sequence[int], strength: float, draws: Draws) -> Prepared:
    return brightness_numbers(draws, shape[0], strength), relit


def _recolour(shape: Sequence[int], strength: float, draws: Draws) -> Prepared:
    return colour_matrices(draws, shape[0], strength).view(-1, 9), _turned


def _turned(batch: Tensor, matrices: Tensor) -> Tensor:
    return recoloured(batch, matrices.view(-1, 3, 3))


# Degradation


def _drawn(damage: Damage, rows: int, draws: Draws) -> list[list[float] | None]:
    """Return the numbers of each row that is changed, None for the others; drawn as `Damage.apply_` draws them."""
    drawn = uniform(draws, rows, columns=1 + damage.numbers).tolist()
    return [numbers if luck < damage.share else None for luck, *numbers in drawn]


def _erase(shape: Sequence[int], strength: float, draws: Draws) -> Prepared:
    rows, _, height, width = shape
    nothing = (0, 0, 0, 0)
    areas = [nothing if u is None else erased_area(height, width, u, strength) for u in _drawn(erase, rows, draws)]
    return torch.tensor(areas, dtype=torch.float32), _fill


def _fill(batch: Tensor, areas: Tensor) -> Tensor:
    top, bottom, left, right = (areas[:, at].view(-1, 1, 1, 1) for at in range(4))
    y, x = (_numbers(batch.shape[at], batch.device) for at in (2, 3))
    y = y.view(1, 1, -1, 1)
    inside = ((y >= top) & (y < bottom)) & ((x >= left) & (x < right))
    return torch.where(inside, batch.mean((2, 3), keepdim=True, dtype=torch.float32).to(batch.dtype), batch)


def _blur(shape: Sequence[int], strength: float, draws: Draws) -> Prepared:
    rows, _, height, width = shape
    taps = [[1.0] if u is None else blur_taps(height, width, u, strength) for u in _drawn(blur, rows, draws)]
    reach = max(len(row) // 2 for row in taps)
    margins = [[0.0] * (reach - len(own) // 2) for own in taps]
    return torch.tensor([[*beside, *own, *beside] for own, beside in zip(taps, margins, strict=True)]), _smooth


def _smooth(batch: Tensor, taps: Tensor) -> Tensor:
    rows, channels, _, width = batch.shape
    reach = taps.shape[1] // 2
    if reach == 0:
        return batch
    # each channel of each row is convolved with its own kernel: (1, b c, h, w) in groups of one
    weights = taps.repeat_interleave(channels, dim=0)[:, None]
    lines = functional.pad(batch.float(), (reach,) * 4, mode="reflect").reshape(
        1, rows * channels, -1, width + 2 * reach
    )
    lines = functional.conv2d(lines, weights[..., None], groups=rows * channels)
    lines = functional.conv2d(lines, weights[:, :, None], groups=rows * channels)
    return lines.view(batch.shape).clamp_(0.0, 1.0).to(batch.dtype)


def _noise(shape: Sequence[int], strength: float, draws: Draws) -> Prepared:
    rows, size = shape[0], math.prod(shape[1:])
    drawn = [(0, 0.0) if u is None else noise_window(size, u, strength) for u in _drawn(noise, rows, draws)]
    # The bits of whole numbers: as floats they would be rounded from 2^24 on.
    starts = torch.tensor([start for start, _ in drawn], dtype=torch.int32).view(torch.float32)
    return torch.stack([starts, torch.tensor([scale for _, scale in drawn])], dim=1), _disturb


def _disturb(batch: Tensor, windows: Tensor) -> Tensor:
    size = batch[0].numel()
    starts = windows[:, 0].contiguous().view(torch.int32)
    where = starts[:, None] + _numbers(size, batch.device)
    window = _pool_on(batch.device, size)[where].view(batch.shape)
    return torch.addcmul(batch, window.to(batch.dtype), windows[:, 1].to(batch.dtype).view(-1, 1, 1, 1)).clamp_(
        0.0, 1.0
    )


@lru_cache(maxsize=8)
def _numbers(length: int, device: torch.device) -> Tensor:
    """Return 0, 1, … as (length,) int32."""
    return torch.arange(length, device=device, dtype=torch.int32)


@lru_cache(maxsize=2)
def _pool_on(device: torch.device, size: int) -> Tensor:
    return noise_pool(size).to(device)


def _jpeg(shape: Sequence[int], strength: float, draws: Draws) -> Prepared:
    drawn = _drawn(jpeg_steps.jpeg, shape[0], draws)
    # any quality for rows that stay as they are
    qualities = [1.0 if u is None else jpeg_steps.drawn_quality(u, strength) for u in drawn]
    changed = torch.tensor([u is not None for u in drawn], dtype=torch.float32)
    # whether a row is changed, and 64 steps of brightness and of colour each
    return torch.cat(
        [changed[:, None], *(steps.flatten(1) for steps in jpeg_steps.quantisation(qualities))], dim=1
    ), _compress


def _compress(batch: Tensor, steps: Tensor) -> Tensor:
    changed = steps[:, 0].view(-1, 1, 1, 1) > 0
    bright, colour = (steps[:, at : at + 64].reshape(-1, 8, 8) for at in (1, 65))
    out = jpeg_steps.quantised_pictures(batch.float(), bright, colour, _constants(batch.device))
    return torch.where(changed, out.to(batch.dtype), batch)


@cache
def _constants(device: torch.device) -> jpeg_steps.Constants:
    return jpeg_steps.Constants.on(device)


PREPARED: dict[Any, Callable[[Sequence[int], float, Draws], Prepared]] = {
    brightness_contrast: _relight,
    hue_saturation: _recolour,
    erase: _erase,
    blur: _blur,
    noise: _noise,
    jpeg_steps.jpeg: _jpeg,
}
"""Augmentation -> (shape of a batch, strength, source of randomness) -> its parameters and what applies them."""
