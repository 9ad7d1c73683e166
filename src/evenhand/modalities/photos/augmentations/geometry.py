"""Geometric augmentations: each draws an affine map per row; several are composed, and pictures resampled once.

A map takes a position in the output to the position in the input that is shown there. Positions are (x, y) in [-1,
1] from left to right and top to bottom, as in `torch.nn.functional.affine_grid`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log, pi

import torch
from torch import Tensor
from torch.nn import functional

from evenhand.models.acceleration.memory_format import contiguous_where_needed
from evenhand.models.batch_random import Draws, uniform


@dataclass(frozen=True)
class Movement:
    """An augmentation by an affine map.

    Attributes
    ----------
    name
        Its name in profiles.
    maps
        (draws, rows, height / width, strength) -> (rows, 3, 3) float32.
    """

    name: str
    maps: Callable[[Draws, int, float, float], Tensor]

    def __call__(self, batch: Tensor, draws: Draws, strength: float = 1.0) -> Tensor:
        """Return the (b, c, h, w) batch in 0..1, moved row by row."""
        return move(batch, [(self, strength)], draws)


def move(batch: Tensor, steps: Sequence[tuple[Movement, float]], draws: Draws) -> Tensor:
    """Return the batch after all steps (movement, strength), resampled once, with reflection at the border."""
    rows, _, height, width = batch.shape
    return warp(batch, composed(steps, draws, rows, height / width))


def composed(steps: Sequence[tuple[Movement, float]], draws: Draws, rows: int, aspect: float) -> Tensor:
    """Return the (rows, 3, 3) maps of all steps (movement, strength) one after the other, on the processor."""
    whole = torch.eye(3).expand(rows, 3, 3)
    for movement, strength in steps:
        if strength > 0:
            # Maps go from output to input: the last movement of a profile acts on the picture first.
            whole = movement.maps(draws, rows, aspect, strength) @ whole
    return whole


def warp(batch: Tensor, maps: Tensor) -> Tensor:
    """Return (b, c, h, w) pictures transformed by (b, 3, 3) maps; flips alone are exact, without resampling."""
    if flips_alone(maps):
        return _flipped(batch, maps[:, 0, 0] < 0, maps[:, 1, 1] < 0)
    return resampled(batch, places(maps.to(batch.device), batch.shape[2], batch.shape[3]))


def flips_alone(maps: Tensor) -> bool:
    """Return whether (b, 3, 3) maps do nothing but flip."""
    return torch.equal(maps.abs(), torch.eye(3).expand_as(maps))


def resampled(batch: Tensor, grid: Tensor) -> Tensor:
    """Return (b, c, h, w) pictures read at the (b, h, w, 2) places of a grid, reflected at the border."""
    batch, dtype = contiguous_where_needed(batch.float()), batch.dtype
    out = functional.grid_sample(batch, grid, padding_mode="reflection", align_corners=False)
    return out.clamp_(0.0, 1.0).to(dtype)


def places(maps: Tensor, height: int, width: int) -> Tensor:
    """Return the (b, h, w, 2) positions in the input of the output's pixels.

    Separable sums instead of `affine_grid`, which multiplies a (h * w, 3) matrix per row.
    """
    x, y = _centres(width, maps.device), _centres(height, maps.device)
    along_x = maps[:, None, None, :2, 0] * x[None, None, :, None]
    along_y = maps[:, None, None, :2, 1] * y[None, :, None, None] + maps[:, None, None, :2, 2]
    return along_x + along_y


@lru_cache(maxsize=8)
def _centres(length: int, device: torch.device) -> Tensor:
    """Return (length,) positions of the centres of pixels, as `align_corners=False` has them."""
    return (torch.arange(length, device=device) * 2 + 1) / length - 1


def mirrored(batch: Tensor, across: Tensor, down: Tensor) -> Tensor:
    """Return the batch with some rows flipped left to right and some top to bottom, by (b, 1, 1, 1) booleans."""
    out = torch.where(across, batch.flip(3), batch)
    return torch.where(down, out.flip(2), out)


def _flipped(batch: Tensor, across: Tensor, down: Tensor) -> Tensor:
    out = batch.clone()
    across, down = across.to(batch.device), down.to(batch.device)
    out[across] = out[across].flip(3)
    out[down] = out[down].flip(2)
    return out


def _maps(rows: int, entries: dict[tuple[int, int], Tensor]) -> Tensor:
    """Return (rows, 3, 3) identities with some entries replaced by (rows,) values."""
    maps = torch.eye(3).repeat(rows, 1, 1)
    for (i, j), values in entries.items():
        maps[:, i, j] = values
    return maps


def _crop(
    draws: Draws, rows: int, aspect: float, strength: float, *, least_area: float = 0.35, ratio: float = 4 / 3
) -> Tensor:
    u = uniform(draws, rows, columns=4)
    area = 1 - strength * (1 - least_area) * u[:, 0]
    stretch = torch.exp(strength * log(ratio) * (u[:, 1] - 0.5))  # root of the ratio of the sides
    wide = (area.sqrt() * stretch).clamp(max=1.0)
    high = (area / wide).clamp(max=1.0)
    entries = {(0, 0): wide, (1, 1): high, (0, 2): (1 - wide) * (2 * u[:, 2] - 1)}
    return _maps(rows, entries | {(1, 2): (1 - high) * (2 * u[:, 3] - 1)})


def _flip(draws: Draws, rows: int, aspect: float, strength: float, *, share: float = 0.5) -> Tensor:
    return _maps(rows, {(0, 0): 1.0 - 2.0 * (uniform(draws, rows)[:, 0] < share * strength)})


def _mirror(draws: Draws, rows: int, aspect: float, strength: float) -> Tensor:
    return _maps(rows, {(0, 0): torch.full((rows,), -1.0)})


def _flip_vertical(draws: Draws, rows: int, aspect: float, strength: float, *, share: float = 0.5) -> Tensor:
    return _maps(rows, {(1, 1): 1.0 - 2.0 * (uniform(draws, rows)[:, 0] < share * strength)})


def _rotate(draws: Draws, rows: int, aspect: float, strength: float, *, most_degrees: float = 15.0) -> Tensor:
    angle = uniform(draws, rows, -1.0, 1.0)[:, 0] * strength * most_degrees * pi / 180
    cos, sin = angle.cos(), angle.sin()
    # Both sides run from -1 to 1: a rotation of pixels is one of positions only after they are stretched to the
    # same unit.
    return _maps(rows, {(0, 0): cos, (1, 1): cos, (0, 1): -sin * aspect, (1, 0): sin / aspect})


def _shift_scale(
    draws: Draws, rows: int, aspect: float, strength: float, *, shift: float = 0.1, scale: float = 1.2
) -> Tensor:
    u = uniform(draws, rows, -1.0, 1.0, columns=3) * strength
    zoom = torch.exp(u[:, 0] * log(scale))
    return _maps(rows, {(0, 0): zoom, (1, 1): zoom, (0, 2): 2 * shift * u[:, 1], (1, 2): 2 * shift * u[:, 2]})


crop = Movement("crop", _crop)
"""A crop of 35 to 100 % of the area, with the aspect ratio changed by up to 4/3, resized to full size."""

flip = Movement("flip", _flip)
"""Left and right swapped in half of the rows."""

flip_vertical = Movement("flip_vertical", _flip_vertical)
"""Top and bottom swapped in half of the rows."""

mirror = Movement("mirror", _mirror)
"""Left and right swapped in every row: nothing is random."""

rotate = Movement("rotate", _rotate)
"""Rotation by up to 15 degrees either way, without distortion whatever the shape of the picture."""

shift_scale = Movement("shift_scale", _shift_scale)
"""Shift by up to 10 % of each side, and scaling by up to 1.2 either way."""

MOVEMENTS = (crop, flip, flip_vertical, mirror, rotate, shift_scale)
