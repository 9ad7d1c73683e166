"""The torch half of scan lines: encoders, augmentations, inputs (see `modalities/torch_half.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.scanlines.augment import apply_profile
from evenhand.modalities.scanlines.encoders import (  # noqa: F401  (registers the encoders)
    scan_cnn2d,
    scan_conv_gru,
    scan_picture,
    scan_statistics,
    scan_transformers,
)
from evenhand.modalities.scanlines.encoders.shapes import Batch
from evenhand.modalities.scanlines.inputs import ScanInputs, line_batch
from evenhand.models.network import Network

__all__ = ["apply_profile", "inputs", "step_batch"]


def inputs(entry: StoreEntry, network: Network, **how: Any) -> ScanInputs:
    """Return scans as inputs of a network: the parts that its encoder reads."""
    return ScanInputs(entry, tuple(network.encoder.example), **how)


def step_batch(arrays: Mapping[str, Any], network: Network, device: Any) -> Batch:
    """Return lines of one scan that have just arrived as a batch of a network: the parts that its encoder reads."""
    return line_batch(arrays, tuple(network.encoder.example), device)
