"""The arithmetic of the forward pass: 32 bits, or 16 where the device has them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import torch

from evenhand.base.errors import TaskError

Name = Literal["auto", "float32", "bf16", "fp16"]


@dataclass(frozen=True)
class Precision:
    """What the forward pass is computed in on a device; None is 32-bit floats throughout."""

    device: torch.device
    dtype: torch.dtype | None = None

    def cast(self) -> contextlib.AbstractContextManager[Any]:
        """Return a context in which matrix products and convolutions use the shorter format."""
        if self.dtype is None:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=self.dtype)

    def scaler(self) -> torch.amp.GradScaler | None:
        """Return what keeps small gradients from vanishing in 16-bit floats (Micikevicius et al. 2018), or None."""
        return torch.amp.GradScaler(self.device.type) if self.dtype is torch.float16 else None


def precision(name: Name, device: torch.device) -> Precision:
    """Return the arithmetic that `name` asks for on a device.

    "auto" is bf16 on a GPU that has it and 32-bit floats elsewhere: on a CPU, 16 bits pay for some networks
    and cost for others. "bf16" on a processor without convolutions of it is 32-bit floats.

    Raises
    ------
    TaskError
        If the device does not have it.
    """
    if name == "float32":
        return Precision(device)
    if name == "auto":
        has = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        return Precision(device, torch.bfloat16 if has else None)
    if name == "fp16" and device.type != "cuda":
        raise TaskError(
            f'train.precision = "fp16" needs a GPU; this device is {device.type}. Use "auto", "bf16" or "float32".'
        )
    if name == "bf16" and device.type == "cpu" and not convolves_bf16():
        return Precision(device)
    return Precision(device, torch.bfloat16 if name == "bf16" else torch.float16)


@lru_cache(maxsize=1)
def convolves_bf16() -> bool:
    """Whether this processor has convolutions of bf16; one that has none would take ten times longer, or refuse."""
    ask: Any = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)
    return bool(ask is None or ask())
