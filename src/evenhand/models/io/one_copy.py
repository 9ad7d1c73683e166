"""The parts of a batch, sent to a device together: each copy makes host and device wait for each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

ALIGNED = 16
"""Bytes to whose multiples parts begin: numbers of any type can be read there."""

Along = Callable[[], Mapping[str, Tensor]]
"""Further tensors on the CPU that are to be sent with a batch.

It is called once, when everything random of the batch itself has been drawn: what it draws from the same generator
comes afterwards.
"""


def aligned(size: int) -> int:
    """Return a number of bytes rounded up to a multiple of `ALIGNED`."""
    return -(-size // ALIGNED) * ALIGNED


@dataclass(frozen=True)
class Layout:
    """Parts one after the other in a row of bytes.

    Attributes
    ----------
    starts
        Where the bytes of each part begin.
    end
        Where those of the last one end.
    """

    starts: Mapping[str, int]
    end: int

    @classmethod
    def of(cls, parts: Mapping[str, Tensor], start: int = 0) -> Layout:
        """Return the layout of parts from a byte on, a multiple of `ALIGNED`."""
        starts, end = {}, start
        for name, part in parts.items():
            starts[name] = end
            end += aligned(part.numel() * part.element_size())
        return cls(starts, end)

    def fill(self, held: Tensor, parts: Mapping[str, Tensor]) -> None:
        """Write parts on the CPU into (n,) bytes there."""
        for name, part in parts.items():
            numbers(held, self.starts[name], part.dtype, part.shape).copy_(part)

    def read(self, held: Tensor, like: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the parts that (n,) bytes on any device are, with the types and shapes of others."""
        return {name: numbers(held, self.starts[name], part.dtype, part.shape) for name, part in like.items()}


def numbers(held: Tensor, start: int, dtype: torch.dtype, shape: tuple[int, ...]) -> Tensor:
    """Return the numbers that bytes from `start` on are, in a type and shape."""
    count = 1
    for size in shape:
        count *= size
    return held[start : start + count * dtype.itemsize].view(dtype).view(shape)


def sent(parts: Mapping[str, Tensor], device: Any) -> dict[str, Tensor]:
    """Return parts on the CPU, of any type and shape, on a device after one copy; themselves if that is the CPU."""
    device = torch.device(device)
    if device.type == "cpu" or not parts:
        return dict(parts)
    layout = Layout.of(parts)
    held = torch.empty(layout.end, dtype=torch.uint8)
    layout.fill(held, parts)
    return layout.read(held.to(device), parts)


def sent_apart(
    batch: Mapping[str, Tensor], along: Mapping[str, Tensor], device: Any
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return the parts of a batch, and other tensors, on a device after one copy of both."""
    there = sent({**batch, **along}, device)
    return {name: there.pop(name) for name in batch}, there
