"""The torch half of scan lines: encoders, augmentations, inputs (see `modalities/torch_half.py`)."""

from __future__ import annotations

from typing import Any

from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.scanlines.augment import apply_profile
from evenhand.modalities.scanlines.encoders import (  # noqa: F401  (registers the encoders)
    scan_cnn2d,
    scan_conv_gru,
    scan_transformers,
)
from evenhand.modalities.scanlines.inputs import ScanInputs
from evenhand.models.network import Network

__all__ = ["apply_profile", "inputs"]


def inputs(entry: StoreEntry, network: Network, **how: Any) -> ScanInputs:
    """Return scans as inputs of a network: the parts that its encoder reads."""
    return ScanInputs(entry, tuple(network.encoder.example), **how)
