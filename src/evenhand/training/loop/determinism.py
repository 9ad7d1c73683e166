"""Determinism: torch's global state during a fit, restored afterwards."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import torch

_MEMORY: Any = torch.utils.deterministic


@contextlib.contextmanager
def forked_rng(device: torch.device) -> Iterator[None]:
    """Restore torch's global generators on leaving the block.

    Layers such as dropout draw from them and accept no others. The loop seeds them at the start of each epoch,
    where an interrupted fit resumes; seeding each batch would cost time without more reproducibility.
    """
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        yield


@contextlib.contextmanager
def without_tf32() -> Iterator[None]:
    """Multiply float32 matrices and convolve on NVIDIA GPUs in float32 within a block; nothing changes on a CPU.

    TF32 keeps 10 bits of the mantissa. torch allows it in convolutions by default, so that what is called float32
    would depend on the card.
    """
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    matmul.allow_tf32 = cudnn.allow_tf32 = False
    try:
        yield
    finally:
        matmul.allow_tf32, cudnn.allow_tf32 = before


@contextlib.contextmanager
def deterministic(threads: int) -> Iterator[None]:
    """Use `threads` threads, deterministic algorithms and no TF32 within a block.

    Sums over a different number of threads differ in their last bits. Some GPU operations have no deterministic
    algorithm and are used as they are; equal bits are guaranteed on the CPU only.
    """
    before = torch.get_num_threads(), torch.get_deterministic_debug_mode(), torch.backends.cudnn.benchmark
    filled = _MEMORY.fill_uninitialized_memory
    torch.set_num_threads(threads)
    # the same switch as `use_deterministic_algorithms`, which imports torch's compiler: seconds in every process
    torch.set_deterministic_debug_mode("warn")
    _MEMORY.fill_uninitialized_memory = False  # it costs time, and nothing here reads uninitialised memory
    torch.backends.cudnn.benchmark = False  # it selects algorithms by timing, which differs from run to run
    try:
        with without_tf32(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="(?s).*deterministic")
            yield
    finally:
        torch.set_num_threads(before[0])
        torch.set_deterministic_debug_mode(before[1])
        _MEMORY.fill_uninitialized_memory = filled
        torch.backends.cudnn.benchmark = before[2]
