"""The frozen part of a network: always in evaluation mode, optimised for inference."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn

from evenhand.base.errors import ModelError
from evenhand.models.acceleration.inference_fusion import quickened
from evenhand.models.feature_extractor import FeatureExtractor


class Frozen(nn.Module):
    """A frozen part: prepared batch (a tensor, or a dict of them) -> float32 activations, without gradients.

    `forward` runs a copy with folded normalisations and fused layers, made at its first call; `part` holds the
    original weights.
    """

    def __init__(self, part: FeatureExtractor, precision: Literal["auto", "float32", "bf16"] = "auto") -> None:
        super().__init__()
        self.part = part
        self.precision = precision
        self._quick: dict[str, FeatureExtractor] = {}
        self._fell_back: set[str] = set()
        self.requires_grad_(False)
        super().train(False)

    def train(self, mode: bool = True) -> Frozen:
        """Stay in evaluation mode: a frozen part keeps its statistics."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, x: Any) -> Tensor:
        device = (x if isinstance(x, Tensor) else next(iter(x.values()))).device
        if str(device) not in self._quick:
            # A batch of several parts cannot be cut into rows here: graphs lie one after the other in it.
            example = x[:1] if isinstance(x, Tensor) else x
            wanted = frozen_dtype(self.precision, device)
            self._quick[str(device)] = quickened(self.part, example, wanted)
        return _one_tensor(self._quick[str(device)](x)).float()

    @torch.no_grad()
    def shape_of(self, x: Any) -> tuple[int, ...]:
        """Return the shape of the activations of a batch, by the original weights: no optimised copy is made."""
        return tuple(_one_tensor(self.part(x)).shape)

    def dtype(self, device: torch.device) -> torch.dtype:
        """Return the dtype of the part on a device: float32 in place of bf16 that failed (`quickened`).

        Whether it fails is known once a batch has passed here, or `fell_back` was told of one elsewhere.
        """
        quick = self._quick.get(str(device))
        if quick is not None:
            return quick.dtype or torch.float32
        return torch.float32 if str(device) in self._fell_back else frozen_dtype(self.precision, device)

    def fell_back(self, device: torch.device) -> None:
        """Note that the part computed in float32 on a device in another process, where bf16 was wanted."""
        self._fell_back.add(str(device))

    def forget(self) -> None:
        """Discard the optimised copy: the weights have changed."""
        self._quick.clear()
        self._fell_back.clear()


def _one_tensor(found: Any) -> Tensor:
    if not isinstance(found, Tensor):
        raise ModelError(
            "What passes from the frozen blocks of this encoder to those above them is not one tensor, so that "
            'it cannot be kept. Set tune = "head" or tune = "all".'
        )
    return found


def frozen_dtype(precision: str, device: torch.device) -> torch.dtype:
    """Return the dtype of `frozen_precision` ("auto", "float32", "bf16") on a device."""
    if precision == "float32" or (precision == "auto" and not multiplies_bf16(device)):
        return torch.float32
    return torch.bfloat16


def multiplies_bf16(device: torch.device) -> bool:
    """Return whether a device multiplies bf16 matrices in hardware, much faster than float32."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type != "cpu":
        return False
    if hasattr(torch.cpu, "get_capabilities"):
        return bool(torch.cpu.get_capabilities().get("amx_bf16", False))
    known = getattr(torch.cpu, "_is_amx_tile_supported", None)  # torch before 2.10
    return bool(known and known())
