"""The part of a network that is not trained: always in evaluation mode, and as fast as the processor lets it be."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from evenhand.models.acceleration.inference_fusion import quickened
from evenhand.models.feature_extractor import FeatureExtractor


class Frozen(nn.Module):
    """A part that is not trained: prepared batch -> float32 activations, without gradients.

    What computes is a copy with normalisations folded in and layers joined, made when first needed; `part`
    holds the weights as they were given.
    """

    def __init__(self, part: FeatureExtractor, precision: Literal["auto", "float32", "bf16"] = "auto") -> None:
        super().__init__()
        self.part = part
        self.precision = precision
        self._quick: dict[str, nn.Module] = {}
        self.requires_grad_(False)
        super().train(False)

    def train(self, mode: bool = True) -> Frozen:
        """Stay in evaluation mode, whatever is asked: a frozen part has nothing to learn."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        device = str(x.device)
        if device not in self._quick:
            self._quick[device] = quickened(self.part, x[:1], self.dtype(x.device))
        return self._quick[device](x).float()  # type: ignore[no-any-return]

    def dtype(self, device: torch.device) -> torch.dtype:
        """Return the number format that the part computes in on a device."""
        if self.precision == "float32" or (self.precision == "auto" and not multiplies_bf16(device)):
            return torch.float32
        return torch.bfloat16

    def forget(self) -> None:
        """Make the fast copy anew when next needed: the weights have changed."""
        self._quick.clear()


def multiplies_bf16(device: torch.device) -> bool:
    """Whether a device has units that multiply matrices of bf16, so that it is well faster than float32."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type != "cpu":
        return False
    if hasattr(torch.cpu, "get_capabilities"):
        return bool(torch.cpu.get_capabilities().get("amx_bf16", False))
    known = getattr(torch.cpu, "_is_amx_tile_supported", None)  # torch before 2.10
    return bool(known and known())
