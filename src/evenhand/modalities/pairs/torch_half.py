"""The torch half of pairs: encoders, augmentations, inputs (see `modalities/torch_half.py`)."""

from __future__ import annotations

from typing import Any

from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.pairs.augment import apply_profile
from evenhand.modalities.pairs.encoders import pair_small  # noqa: F401  (registers the encoder)
from evenhand.modalities.pairs.inputs import PairInputs
from evenhand.modalities.pairs.towers import pair  # noqa: F401  (registers the encoder)
from evenhand.modalities.pairs.towers.fitting import fit_encoder
from evenhand.models.network import Network

__all__ = ["apply_profile", "fit_encoder", "inputs"]


def inputs(entry: StoreEntry, network: Network, **how: Any) -> PairInputs:
    """Return pairs as inputs of a network."""
    return PairInputs(entry, **how)
