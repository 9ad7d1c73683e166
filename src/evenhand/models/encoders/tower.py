"""Towers: encoders of single parts of a row, side by side, such as one of a picture and one of a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from evenhand.models.feature_extractor import FeatureExtractor

Run = Callable[[Any], Tensor]


class Tower(nn.Module):
    """An encoder of one part of a row: batch -> (b, width) float32 features, exactly 0 where the part is missing.

    The features of a row depend on nothing but this part of it, so that they can be kept apart from those of other
    towers (`io.activations`).

    Parameters
    ----------
    features
        Batch -> (b, width); it is called with the rows that have the part, and never without any.
    width
        Number of features.
    place
        Column of the part in the batch's "present" (b, parts) bool.
    about
        Plain values from which the tower can be built again without its source.
    """

    def __init__(self, features: FeatureExtractor, width: int, *, place: int, about: Mapping[str, Any]) -> None:
        super().__init__()
        self.features = features
        self.width = width
        self.place = place
        self.about = dict(about)

    def forward(self, batch: Mapping[str, Tensor], run: Run | None = None) -> Tensor:
        """Return the features, computed by `run` in place of `features` where it is given."""
        present = batch["present"][:, self.place]
        out = torch.zeros(len(present), self.width, device=present.device)
        if bool(present.any()):
            found = (run or self.features)({name: part[present] for name, part in batch.items()})
            out = out.index_put((present,), found.float())
        return out


class Towers(nn.Module):
    """Towers side by side: batch -> (b, sum of their widths) float32 features, in the order of their names."""

    def __init__(self, towers: Mapping[str, Tower]) -> None:
        super().__init__()
        self.towers = nn.ModuleDict(towers)

    @property
    def widths(self) -> dict[str, int]:
        """Name -> width, in order."""
        return {name: int(tower.width) for name, tower in self.towers.items()}  # type: ignore[arg-type]

    def forward(self, batch: Mapping[str, Tensor]) -> Tensor:
        return torch.cat([tower(batch) for tower in self.towers.values()], dim=1)
