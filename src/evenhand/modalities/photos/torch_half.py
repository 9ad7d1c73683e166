"""The torch half of photos: encoders, augmentations, inputs (see `modalities/torch_half.py`)."""

from __future__ import annotations

from typing import Any

import evenhand.modalities.photos.encoders  # noqa: F401  (registers the encoders)
from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.images.image_inputs import ImageInputs, image_inputs
from evenhand.modalities.photos.augmentations.augment import apply_profile, draw_profile
from evenhand.models.network import Network

__all__ = ["apply_profile", "inputs"]


def inputs(entry: StoreEntry, network: Network, **how: Any) -> ImageInputs:
    """Return photos as inputs of a network."""
    return image_inputs(entry, network, apply_profile, draw=draw_profile, **how)
