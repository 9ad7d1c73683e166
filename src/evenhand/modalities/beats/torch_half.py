"""The torch half of heartbeats: encoders, augmentations, inputs (see `modalities/torch_half.py`)."""

from __future__ import annotations

from typing import Any

from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.beats.augment import apply_profile
from evenhand.modalities.beats.encoders import (  # noqa: F401  (registers the encoders)
    neighbours_encoder,
    resnet1d,
    rhythm_encoder,
    transformer1d,
)
from evenhand.modalities.beats.inputs import BeatInputs
from evenhand.models.network import Network

__all__ = ["apply_profile", "inputs"]


def inputs(entry: StoreEntry, network: Network, **how: Any) -> BeatInputs:
    """Return beats as inputs of a network: the arrays that its encoder reads."""
    return BeatInputs(entry, tuple(network.encoder.example), apply_profile, **how)
