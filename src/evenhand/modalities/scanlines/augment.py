"""Augmentations of scan lines by name, and profiles of them.

Each takes a batch (see `encoders.shapes.Batch`), a generator (or one per row) and a strength (0: no change, 1: full
strength), and returns a batch of the same shapes. Lines have mean 0 and deviation 1, so that strengths are in
deviations of a line. Vertical order, the order of time, is always kept, and what was not scanned stays 0.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from evenhand.base.errors import ModelError, unknown
from evenhand.base.registry import Registry
from evenhand.modalities.scanlines.encoders.shapes import Batch
from evenhand.modalities.scanlines.profiles import PROFILES
from evenhand.models.batch_random import Draws, uniform

Augmentation = Callable[[Batch, Draws, float], Batch]
AUGMENTATIONS: Registry[Augmentation] = Registry(
    "augmentation of scan lines", group="evenhand.augmentations.scanlines"
)


@AUGMENTATIONS.register("flip")
def flip(batch: Batch, draws: Draws, strength: float) -> Batch:
    """Return scans of which half are mirrored, left and right exchanged."""
    chosen = uniform(draws, len(batch["lines"]))[:, 0] < 0.5 * strength
    return {
        name: torch.where(chosen.to(part.device).view(-1, 1, 1, 1), part.flip(3), part)
        if name in ("lines", "pixels")
        else part
        for name, part in batch.items()
    }


@AUGMENTATIONS.register("noise")
def noise(batch: Batch, draws: Draws, strength: float, *, most: float = 0.3) -> Batch:
    """Return scans with white noise of a standard deviation of up to 0.3."""
    lines = batch["lines"]
    level = uniform(draws, len(lines), 0.0, most * strength).to(lines).view(-1, 1, 1, 1)
    return _with_lines(batch, lines + level * _normal(draws, batch, *lines.shape[2:]))


@AUGMENTATIONS.register("offset")
def offset(batch: Batch, draws: Draws, strength: float, *, most: float = 0.3) -> Batch:
    """Return scans whose lines are shifted in height, each by a normal number of up to 0.3 deviations."""
    lines = batch["lines"]
    level = uniform(draws, len(lines), 0.0, most * strength).to(lines).view(-1, 1, 1, 1)
    return _with_lines(batch, lines + level * _normal(draws, batch, 1, 1))


@AUGMENTATIONS.register("slope")
def slope(batch: Batch, draws: Draws, strength: float, *, most: float = 0.3) -> Batch:
    """Return scans whose lines are tilted, each by a normal number of up to 0.3 deviations at its ends."""
    lines = batch["lines"]
    level = uniform(draws, len(lines), 0.0, most * strength).to(lines).view(-1, 1, 1, 1)
    ramp = torch.linspace(-1.0, 1.0, lines.shape[3], device=lines.device)
    return _with_lines(batch, lines + level * _normal(draws, batch, 1, 1) * ramp)


@AUGMENTATIONS.register("drop")
def drop(batch: Batch, draws: Draws, strength: float, *, most: float = 0.15) -> Batch:
    """Return scans of which up to 15 % of the lines, at random, count as not scanned; one always stays."""
    lines, mask = batch["lines"], batch["mask"]
    share = uniform(draws, len(lines), 0.0, most * strength).to(lines)
    chance = 0.5 * (1 + torch.erf(_normal(draws, batch, 1, 1)[:, :, 0, 0] / 2**0.5))  # uniform on (0, 1)
    keep = mask & ((chance >= share) | (chance == torch.where(mask, chance, -1.0).amax(dim=1, keepdim=True)))
    held = keep.view(*keep.shape, 1, 1)
    dropped = {**batch, "lines": lines * held, "mask": keep}
    return dropped | {"pixels": batch["pixels"] & held} if "pixels" in batch else dropped


@AUGMENTATIONS.register("splice")
def splice(batch: Batch, draws: Draws, strength: float, *, reach: float = 0.15, gain: float = 0.3) -> Batch:
    """Return scans of which half have a change of the tip in them: from a random line on, the picture jumps.

    Lines from there on are shifted sideways by up to 15 % of the width, as the point that scans moves to another
    atom of the tip, and scaled by a factor of up to exp(0.3) either way. What is shifted in at an end repeats the
    last value. It makes scans that a person would call tip changes: leave it out where that is one of the classes.
    """
    lines, mask = batch["lines"], batch["mask"]
    b, length, _, width = lines.shape
    drawn = uniform(draws, b, columns=4).to(lines)
    at = (drawn[:, 0] * mask.sum(dim=1)).long()
    after = (torch.arange(length, device=lines.device) >= at.unsqueeze(1)) & (drawn[:, 1] < 0.5).unsqueeze(1)
    by = ((2 * drawn[:, 2] - 1) * reach * strength * width).round().long()
    place = (torch.arange(width, device=lines.device) + by.unsqueeze(1)).clamp(0, width - 1)
    moved = lines.gather(3, place.view(b, 1, 1, width).expand_as(lines))
    moved = moved * ((2 * drawn[:, 3] - 1) * gain * strength).exp().view(-1, 1, 1, 1)
    return _with_lines(batch, torch.where(after.view(b, length, 1, 1), moved, lines))


def apply_profile(batch: Batch, profile: str, draws: Draws) -> Batch:
    """Return a batch after every augmentation of a profile, in its order.

    Parameters
    ----------
    draws
        One generator, or one per scan: the only source of randomness.

    Raises
    ------
    ModelError
        If there is no profile of that name.
    """
    if profile not in PROFILES:
        raise ModelError(unknown("profile of augmentations for scan lines", profile, PROFILES))
    for name, strength in PROFILES[profile].items():
        batch = AUGMENTATIONS.get(name)(batch, draws, strength)
    return batch


def _with_lines(batch: Batch, lines: Tensor) -> Batch:
    """Return a batch with other lines, 0 where nothing was scanned."""
    held = batch["pixels"] if "pixels" in batch else batch["mask"].view(*batch["mask"].shape, 1, 1)
    return {**batch, "lines": lines * held}


def _normal(draws: Draws, batch: Batch, *inner: int) -> Tensor:
    """Return (b, l, *inner) standard normal numbers on the device of a batch.

    With a generator per row, the numbers of a scan do not depend on how far its batch is padded: as many are drawn
    as it has lines.
    """
    lines = batch["lines"]
    shape = (lines.shape[1], *inner)
    if isinstance(draws, torch.Generator):
        return torch.randn(len(lines), *shape, generator=draws).to(lines)
    out = torch.zeros(len(lines), *shape)
    lengths = _lengths(batch["mask"]).tolist()
    for row, (own, length) in enumerate(zip(draws, lengths, strict=True)):
        out[row, :length] = torch.randn(length, *inner, generator=own)
    return out.to(lines)


def _lengths(mask: Tensor) -> Tensor:
    """Return (b,) lines up to the last one scanned."""
    return (mask * torch.arange(1, mask.shape[1] + 1, device=mask.device)).amax(dim=1)
