"""Chance and determinism: what a fit borrows from torch's global state, and gives back."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import torch

_MEMORY: Any = torch.utils.deterministic


@contextlib.contextmanager
def own_randomness(device: torch.device) -> Iterator[None]:
    """Leave torch's global generators as they were.

    Layers such as dropout draw from them and cannot be given others. The loop seeds them at the start of each
    epoch, which is where a fit goes on after a break; seeding each batch would cost time and give nothing more.
    """
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        yield


@contextlib.contextmanager
def deterministic(threads: int) -> Iterator[None]:
    """Use so many threads, and algorithms that give the same bits each time, for the length of a block.

    Sums over a different number of threads differ in their last bits. Some operations of GPUs have no such
    algorithm and are used as they are; equal bits are promised for the CPU.
    """
    before = torch.get_num_threads(), torch.get_deterministic_debug_mode(), torch.backends.cudnn.benchmark
    filled = _MEMORY.fill_uninitialized_memory
    torch.set_num_threads(threads)
    # the same switch as `use_deterministic_algorithms`, which imports torch's compiler: seconds in every process
    torch.set_deterministic_debug_mode("warn")
    _MEMORY.fill_uninitialized_memory = False  # it costs time, and nothing here reads such memory
    torch.backends.cudnn.benchmark = False
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="(?s).*deterministic")
            yield
    finally:
        torch.set_num_threads(before[0])
        torch.set_deterministic_debug_mode(before[1])
        _MEMORY.fill_uninitialized_memory = filled
        torch.backends.cudnn.benchmark = before[2]
