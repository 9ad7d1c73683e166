"""Augmentation of pairs: their pictures by the profiles of photos; texts stay as they are."""

from __future__ import annotations

import torch
from torch import Tensor

from evenhand.modalities.images.image_inputs import unit
from evenhand.modalities.pairs.encoders.shapes import Batch
from evenhand.modalities.photos.augmentations.augment import apply_profile as of_photos
from evenhand.models.batch_random import Draws


def apply_profile(batch: Batch, profile: str, draws: Draws) -> Batch:
    """Return a batch of pairs whose pictures are augmented, rounded to 8 bits; a missing one keeps its colour.

    Parameters
    ----------
    draws
        One generator, or one per row: the only source of randomness.

    Raises
    ------
    ModelError
        If there is no profile of that name.
    """
    # Missing pictures are augmented too, and dropped: rows draw the same numbers whatever lies beside them.
    return with_pictures(batch, of_photos(unit(batch["image"]), profile, draws))


def with_pictures(batch: Batch, changed: Tensor) -> Batch:
    """Return a batch with other pictures, (b, 3, s, s) floats in 0..1; a missing one keeps its colour."""
    image = batch["image"]
    back = (changed * 255).round_().clamp_(0, 255).to(torch.uint8).permute(0, 2, 3, 1)
    return {**batch, "image": torch.where(batch["present"][:, 0].view(-1, 1, 1, 1), back, image)}
