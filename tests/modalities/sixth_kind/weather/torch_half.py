"""The half of weather logs that needs torch: an encoder, augmentations, and what a network is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from evenhand.base.errors import ModelError
from evenhand.base.seeds import seed_from
from evenhand.models.config import ModelConfig, SizedModel
from evenhand.models.encoders.blocks import WHOLE, Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import ENCODERS


@ENCODERS.register("day")
def day(model: ModelConfig) -> Encoder:
    """Return a layer over the hours of a day."""
    if not isinstance(model, SizedModel) or "signal" not in model.row:
        raise ModelError(f"Model {model.name}: its rows are not weather logs.")
    (hours,) = model.row["signal"]
    assert model.kind_config["hours"] == hours
    network = nn.Sequential(nn.Linear(hours, 16), nn.ReLU())
    return Encoder(network, (Block(WHOLE, network),), nn.Identity(), torch.zeros(2, hours))


def apply_profile(batch: Tensor, profile: str, draws: torch.Generator | Sequence[torch.Generator]) -> Tensor:
    """Return days made warmer or colder by up to a degree."""
    if profile == "none":
        return batch
    if isinstance(draws, torch.Generator):
        by = torch.rand(len(batch), generator=draws)
    else:
        by = torch.cat([torch.rand(1, generator=one) for one in draws])
    return batch + by.to(batch.device).unsqueeze(1) * 2 - 1


class Days:
    """Days as a network is given them: (b, hours) float32."""

    pictures = False
    at_once: int | None = None

    def __init__(self, signal: Any, *, profile: str, views: int, view_profile: str, device: Any) -> None:
        self._signal, self._profile, self._view_profile = signal, profile, view_profile
        self._device, self.views, self.draws = device, views, profile != "none"

    def batch(self, rows: Tensor, draws: torch.Generator | None) -> Tensor:
        days = self._days(rows)
        return days if draws is None else apply_profile(days, self._profile, draws)

    def look(self, rows: Tensor, view: int = 0) -> Tensor:
        alike = [torch.Generator().manual_seed(seed_from("view", view)) for _ in rows]
        return apply_profile(self._days(rows), self._view_profile if view else "none", alike)

    def _days(self, rows: Tensor) -> Tensor:
        taken = np.take(self._signal, rows.numpy(), axis=0)
        return torch.from_numpy(np.asarray(taken, dtype=np.float32)).to(self._device)


def inputs(entry: Any, network: Any, **how: Any) -> Days:
    """Return the rows of a store's entry as a network is given them."""
    return Days(entry["signal"], **how)
