"""The torch half of drawings: encoders, augmentations, inputs (see `modalities/torch_half.py`)."""

from __future__ import annotations

from typing import Any

from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.drawings.augment import apply_profile
from evenhand.modalities.drawings.encoders import graph_networks, strokes  # noqa: F401  (registers the encoders)
from evenhand.modalities.drawings.encoders.pretraining import pretrain
from evenhand.modalities.drawings.inputs import DrawingInputs
from evenhand.models.network import Network

__all__ = ["apply_profile", "inputs", "pretrain"]


def inputs(entry: StoreEntry, network: Network, **how: Any) -> DrawingInputs:
    """Return drawings as inputs of a network."""
    return DrawingInputs(entry, **how)
