"""What a tower is made of, before it is put beside the other one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from evenhand.models.feature_extractor import FeatureExtractor

IMAGE, TEXT = 0, 1
"""Columns of the halves in "present"."""


@dataclass(frozen=True, eq=False)
class Half:
    """The features of one half of a batch of pairs, and plain values from which they can be built again."""

    features: FeatureExtractor
    about: Mapping[str, Any]


def texts_of(batch: Mapping[str, Tensor]) -> list[str]:
    """Return the texts of a batch of pairs."""
    rows, lengths = batch["text"].cpu().numpy(), batch["length"].tolist()
    return [row[:length].tobytes().decode("utf-8", "replace") for row, length in zip(rows, lengths, strict=True)]
