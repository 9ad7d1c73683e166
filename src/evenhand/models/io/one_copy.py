"""The parts of a batch, sent to a device together: each copy makes host and device wait for each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

ALIGNED = 16
"""Bytes to whose multiples parts begin: numbers of any type can be read there."""


def sent(parts: Mapping[str, Tensor], device: Any) -> dict[str, Tensor]:
    """Return parts on the CPU, of any type and shape, on a device after one copy; themselves if that is the CPU."""
    device = torch.device(device)
    if device.type == "cpu":
        return dict(parts)
    starts, end = {}, 0
    for name, part in parts.items():
        starts[name] = end
        end += -(-part.numel() * part.element_size() // ALIGNED) * ALIGNED
    held = torch.empty(end, dtype=torch.uint8)
    for name, part in parts.items():
        _numbers(held, starts[name], part).copy_(part)
    there = held.to(device)
    return {name: _numbers(there, starts[name], part) for name, part in parts.items()}


def _numbers(held: Tensor, start: int, like: Tensor) -> Tensor:
    """Return the numbers that bytes from `start` on are, in the type and shape of another tensor."""
    some = held[start : start + like.numel() * like.element_size()]
    return some.view(like.dtype).view(like.shape)
