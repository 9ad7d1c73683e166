"""Where heads on stored features are trained: on the CPU where a step on a card would mostly wait for its calls."""

from __future__ import annotations

import torch
from torch import nn

MOST_OPERATIONS = 1e8
"""Operations of a step up to which "auto" trains a head on the CPU.

Six for each parameter and row: two of the product, four of its gradients. A step takes 3 to 4.5 ms on an H100,
whatever the head. One thread of the processor beside it takes 0.5 to 0.7 of that up to 5e7 operations, and 1.7
times as long at 2.6e8; four threads take 0.5 to 0.6, and 0.8 (`benchmarks/device_heads.py`).
"""

MOST_THREADS = 4
"""Threads of such a head: sixteen took longer than four up to 8e8 operations, and up to 4 times the card's time."""


def head_device(
    choice: str, head: nn.Module, batch_size: int, precision: str, device: torch.device
) -> torch.device:
    """Return where a head on stored features is trained.

    Parameters
    ----------
    choice
        As in `compute.head_device`: "auto", "cpu" or "device".
    batch_size, precision
        As in [train].
    device
        That of the run, where features are computed.
    """
    cpu = torch.device("cpu")
    if choice != "auto":
        return cpu if choice == "cpu" else device
    # measured on NVIDIA GPUs alone; a 16-bit format that was asked for stays where it is fast
    if device.type != "cuda" or precision not in ("auto", "float32"):
        return device
    parameters = sum(part.numel() for part in head.parameters())
    return cpu if 6 * parameters * batch_size <= MOST_OPERATIONS else device
