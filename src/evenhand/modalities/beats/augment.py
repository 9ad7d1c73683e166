"""Augmentations of heartbeats by name, and profiles of them.

Each takes windows (b, c, t), a generator (or one per row) and a strength (0: no change, 1: full strength), and
returns windows of the same shape. Windows are about 1 at the R peak. All channels of a row are changed alike (its
leads, or a beat and its neighbours), which preserves their differences. The rhythm, which comes from the
annotations, is never changed.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from evenhand.base.errors import ModelError, unknown
from evenhand.base.registry import Registry
from evenhand.modalities.beats.profiles import PROFILES
from evenhand.models.batch_random import Draws, normal, uniform

Augmentation = Callable[[Tensor, Draws, float], Tensor]
AUGMENTATIONS: Registry[Augmentation] = Registry("augmentation of beats", group="evenhand.augmentations.beats")


@AUGMENTATIONS.register("scale")
def scale(batch: Tensor, draws: Draws, strength: float, *, most: float = 0.25) -> Tensor:
    """Return windows scaled by a factor of up to exp(0.25) either way: electrodes and bodies differ."""
    drawn = uniform(draws, len(batch), -most * strength, most * strength)
    return batch * drawn.exp().to(batch).unsqueeze(2)


@AUGMENTATIONS.register("wander")
def wander(batch: Tensor, draws: Draws, strength: float, *, most: float = 0.15, waves: float = 1.5) -> Tensor:
    """Return windows with baseline wander: a sine of amplitude up to 0.15 with at most 1.5 periods per window."""
    height, phase, count = uniform(draws, len(batch), columns=3).to(batch).unbind(1)
    time = torch.linspace(0.0, 2 * torch.pi, batch.shape[2], device=batch.device)
    sine = torch.sin(count.unsqueeze(1) * waves * time + 2 * torch.pi * phase.unsqueeze(1))
    return batch + (height.unsqueeze(1) * most * strength * sine).unsqueeze(1)


@AUGMENTATIONS.register("jitter")
def jitter(batch: Tensor, draws: Draws, strength: float, *, most: float = 0.05) -> Tensor:
    """Return windows with white noise of a standard deviation of up to 0.05: muscles, electrodes, mains."""
    level = uniform(draws, len(batch), 0.0, most * strength).to(batch).unsqueeze(2)
    noise = normal(draws, len(batch), batch[0].numel()).to(batch)
    return batch + level * noise.view_as(batch)


@AUGMENTATIONS.register("shift")
def shift(batch: Tensor, draws: Draws, strength: float, *, most: float = 0.02) -> Tensor:
    """Return windows shifted by up to 2 % of their length: R peaks are not annotated to the sample.

    Samples shifted out at one end are lost; the last sample at the other end is repeated.
    """
    length = batch.shape[2]
    reach = most * strength * length
    by = uniform(draws, len(batch), -reach, reach).round().long().to(batch.device)
    place = (torch.arange(length, device=batch.device) + by).clamp(0, length - 1)
    return batch.gather(2, place.unsqueeze(1).expand_as(batch))


def apply_profile(batch: Tensor, profile: str, draws: Draws) -> Tensor:
    """Return (b, c, t) windows after every augmentation of a profile, in its order.

    Raises
    ------
    ModelError
        If there is no profile of that name.
    """
    if profile not in PROFILES:
        raise ModelError(unknown("profile of augmentations", profile, PROFILES))
    for name, strength in PROFILES[profile].items():
        batch = AUGMENTATIONS.get(name)(batch, draws, strength)
    return batch
