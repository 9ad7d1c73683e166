"""Augmentations of heartbeats by name, and profiles of them.

Each takes windows (b, c, t), a generator (or one per row) and a strength (0: nothing changes, 1: as strong as
meant), and returns windows of the same shape. A window's scale is about 1 at the R peak. What is drawn for a row
holds for all its channels: leads, or a beat and its neighbours, are changed alike, so that what tells them apart
stays. The rhythm is never changed: it is what the annotations say.
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
    """Return windows made larger or smaller, by a factor of up to exp(0.25): electrodes and bodies differ."""
    drawn = uniform(draws, len(batch), -most * strength, most * strength)
    return batch * drawn.exp().to(batch).unsqueeze(2)


@AUGMENTATIONS.register("wander")
def wander(batch: Tensor, draws: Draws, strength: float, *, most: float = 0.15, waves: float = 1.5) -> Tensor:
    """Return windows on a baseline that moves: a sine of up to 0.15 with at most 1.5 waves in a window."""
    height, phase, count = uniform(draws, len(batch), columns=3).to(batch).unbind(1)
    time = torch.linspace(0.0, 2 * torch.pi, batch.shape[2], device=batch.device)
    sine = torch.sin(count.unsqueeze(1) * waves * time + 2 * torch.pi * phase.unsqueeze(1))
    return batch + (height.unsqueeze(1) * most * strength * sine).unsqueeze(1)


@AUGMENTATIONS.register("jitter")
def jitter(batch: Tensor, draws: Draws, strength: float, *, most: float = 0.05) -> Tensor:
    """Return windows with white noise on them, of a deviation of up to 0.05: muscles, electrodes, mains."""
    level = uniform(draws, len(batch), 0.0, most * strength).to(batch).unsqueeze(2)
    noise = normal(draws, len(batch), batch[0].numel()).to(batch)
    return batch + level * noise.view_as(batch)


@AUGMENTATIONS.register("shift")
def shift(batch: Tensor, draws: Draws, strength: float, *, most: float = 0.02) -> Tensor:
    """Return windows moved by up to 2 % of their length: an R peak is not marked to the sample.

    What leaves at one end is lost, and the sample at the other end is repeated.
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
