"""Augmentations of photos by name, and profiles of them.

Each takes a batch (b, 3, h, w) of floats in 0..1, a generator (or one per row) and a strength (0: no change, 1:
full strength), and returns a batch of the same shape and dtype. Consecutive movements of a profile are composed, so
that pictures are resampled once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from torch import Tensor

from evenhand.base.errors import ModelError, unknown
from evenhand.base.registry import Registry
from evenhand.modalities.images.image_inputs import Drawn
from evenhand.modalities.photos.augmentations.color import brightness_contrast, hue_saturation
from evenhand.modalities.photos.augmentations.degradation import Damage, blur, erase, noise
from evenhand.modalities.photos.augmentations.geometry import MOVEMENTS, Movement, move
from evenhand.modalities.photos.augmentations.jpeg import jpeg
from evenhand.modalities.photos.augmentations.profiles import PROFILES, Profile
from evenhand.modalities.photos.augmentations.whole_batch import apply_at_once, drawn_at_once
from evenhand.models.batch_random import Draws

Augmentation = Callable[[Tensor, Draws, float], Tensor]
AUGMENTATIONS: Registry[Augmentation] = Registry("augmentation", group="evenhand.augmentations")

for _builtin in (*MOVEMENTS, erase, blur, noise, jpeg):
    AUGMENTATIONS.register(_builtin.name)(_builtin)
AUGMENTATIONS.register("brightness_contrast")(brightness_contrast)
AUGMENTATIONS.register("hue_saturation")(hue_saturation)


def profile_of(profile: str | Profile) -> Profile:
    """Return a profile by its name, or the profile itself.

    Raises
    ------
    ModelError
        If there is no profile of that name.
    """
    if not isinstance(profile, str):
        return profile
    if profile not in PROFILES:
        raise ModelError(unknown("profile of augmentations", profile, PROFILES))
    return PROFILES[profile]


def apply_profile(batch: Tensor, profile: str | Profile, draws: Draws) -> Tensor:
    """Return the (b, 3, h, w) batch in 0..1 after every augmentation of a profile, in its order.

    Parameters
    ----------
    profile
        A name of `PROFILES`, or strengths by name of augmentation.
    draws
        One generator, or one per row: the only source of randomness.

    Raises
    ------
    ModelError
        If there is no profile of that name.
    EvenhandError
        If an augmentation does not exist.
    """
    steps = _steps(profile)
    if batch.device.type != "cpu":
        return apply_at_once(batch, steps, draws)
    original = batch
    for moves, together in groupby(steps, key=lambda step: isinstance(step[0], Movement)):
        if moves:
            batch = move(batch, [(s, x) for s, x in together if isinstance(s, Movement)], draws)
            continue
        for augmentation, strength in together:
            # In place only on a batch made here: the caller's must stay as it is.
            if isinstance(augmentation, Damage) and batch is not original:
                batch = augmentation.apply_(batch, draws, strength)
            else:
                batch = augmentation(batch, draws, strength)
    return batch


def draw_profile(shape: Sequence[int], profile: str | Profile, draws: Draws) -> Drawn | None:
    """Return what `apply_profile` draws for a (b, 3, h, w) batch that is not on the CPU, and what applies it.

    None, and nothing is drawn, where an augmentation of another package has to see the pictures.
    """
    return drawn_at_once(shape, _steps(profile), draws)


def _steps(profile: str | Profile) -> list[tuple[Any, float]]:
    return [(AUGMENTATIONS.get(name), strength) for name, strength in profile_of(profile).items() if strength > 0]
