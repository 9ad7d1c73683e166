"""Precision of the forward pass: 32 bits, or 16 where the device supports them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import torch

from evenhand.base.errors import TaskError
from evenhand.models.acceleration.frozen import multiplies_bf16

Name = Literal["auto", "float32", "bf16", "fp16"]


@dataclass(frozen=True)
class Precision:
    """Precision of the forward pass on a device; `dtype` None is float32 throughout."""

    device: torch.device
    dtype: torch.dtype | None = None

    def cast(self) -> contextlib.AbstractContextManager[Any]:
        """Return a context in which matrix products and convolutions use `dtype`."""
        if self.dtype is None:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=self.dtype)

    def scaler(self) -> torch.amp.GradScaler | None:
        """Return the loss scaler that fp16 needs (Micikevicius et al. 2018), or None."""
        return torch.amp.GradScaler(self.device.type) if self.dtype is torch.float16 else None


def precision(name: Name, device: torch.device) -> Precision:
    """Return the precision of `train.precision` on a device.

    "auto" is bf16 on NVIDIA GPUs that have units for it (compute capability 8.0), fp16 on those with units for that
    alone (7.x: Volta, Turing), and float32 elsewhere: on a CPU, bf16 makes some networks faster and others slower.
    "bf16" on a CPU without bf16 convolutions is float32.

    Raises
    ------
    TaskError
        If the device does not support it.
    """
    if name == "float32":
        return Precision(device)
    if name == "auto":
        return Precision(device, _fastest(device))
    if name == "fp16" and device.type != "cuda":
        raise TaskError(
            f'train.precision = "fp16" needs an NVIDIA GPU; this device is {device.type}. Use "auto", "bf16" or '
            '"float32".'
        )
    if name == "bf16" and device.type == "cpu" and not convolves_bf16():
        return Precision(device)
    return Precision(device, torch.bfloat16 if name == "bf16" else torch.float16)


def inference_precision(name: Name, device: torch.device) -> Precision:
    """Return the precision in which a trained model predicts on a device: as `precision`, but fp16 is no demand.

    Only its gradients need an NVIDIA GPU: a model that was trained in fp16 there predicts in float32 elsewhere.
    """
    return precision("float32" if name == "fp16" and device.type != "cuda" else name, device)


def _fastest(device: torch.device) -> torch.dtype | None:
    """Return the 16-bit format that a device multiplies matrices of in hardware, None where there is none."""
    if device.type != "cuda":
        return None
    if multiplies_bf16(device):  # older GPUs only emulate it, which gains nothing
        return torch.bfloat16
    return torch.float16 if torch.cuda.get_device_capability(device) >= (7, 0) else None


@lru_cache(maxsize=1)
def convolves_bf16() -> bool:
    """Return whether this CPU has bf16 convolutions; without them they take ten times as long, or fail."""
    # a private operator: where a torch lacks it, the processor is taken to have them
    ask: Any = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)
    return bool(ask is None or ask())
