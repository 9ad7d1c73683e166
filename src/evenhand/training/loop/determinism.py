"""Determinism: torch's global state during a fit, restored afterwards."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator
from typing import Any

import torch

from evenhand.engines.process import CUBLAS

_MEMORY: Any = torch.utils.deterministic


@contextlib.contextmanager
def forked_rng(device: torch.device) -> Iterator[None]:
    """Restore torch's global generators on leaving the block.

    Layers such as dropout draw from them and accept no others. The loop seeds them at the start of each epoch,
    where an interrupted fit resumes; seeding each batch would cost time without more reproducibility.
    """
    devices = [device] if device.type == "cuda" else []
    apple = (
        torch.mps.get_rng_state() if device.type == "mps" else None
    )  # it takes no device, as `fork_rng` would give
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            if apple is not None:
                torch.mps.set_rng_state(apple)


def reproducible_cublas() -> None:
    """Set CUBLAS_WORKSPACE_CONFIG to a value with which cuBLAS is deterministic, unless the user sets it.

    cuBLAS reads it when CUDA starts, so that later it has no effect. Worker processes have it from their start.
    """
    for name, value in CUBLAS.items():
        os.environ.setdefault(name, value)


@contextlib.contextmanager
def allowing_tf32(allowed: bool) -> Iterator[None]:
    """Multiply float32 matrices and convolve on NVIDIA GPUs in TF32 or not within a block; a CPU has none.

    TF32 keeps 10 bits of the mantissa. torch allows it in convolutions by default, and in products not, so that
    what is called float32 would depend on the card and the layer.
    """
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    matmul.allow_tf32 = cudnn.allow_tf32 = allowed
    try:
        yield
    finally:
        matmul.allow_tf32, cudnn.allow_tf32 = before


@contextlib.contextmanager
def deterministic(threads: int, *, algorithms: bool = True, tf32: bool = False) -> Iterator[None]:
    """Use `threads` threads, deterministic algorithms and no TF32 within a block.

    Sums over a different number of threads differ in their last bits. Some GPU operations have no deterministic
    algorithm and are used as they are; equal bits are guaranteed on the CPU only.

    Parameters
    ----------
    algorithms
        False takes torch's default algorithms. On a GPU they are faster, and repeatable in part only.
    tf32
        Whether float32 may be TF32 on NVIDIA GPUs.
    """
    if algorithms:
        reproducible_cublas()
    before = torch.get_num_threads(), torch.get_deterministic_debug_mode(), torch.backends.cudnn.benchmark
    filled = _MEMORY.fill_uninitialized_memory
    torch.set_num_threads(threads)
    # the same switch as `use_deterministic_algorithms`, which imports torch's compiler: seconds in every process
    torch.set_deterministic_debug_mode("warn" if algorithms else "default")
    _MEMORY.fill_uninitialized_memory = False  # it costs time, and nothing here reads uninitialised memory
    torch.backends.cudnn.benchmark = False  # it selects algorithms by timing, which differs from run to run
    try:
        with allowing_tf32(tf32), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="(?s).*deterministic")
            yield
    finally:
        torch.set_num_threads(before[0])
        torch.set_deterministic_debug_mode(before[1])
        _MEMORY.fill_uninitialized_memory = filled
        torch.backends.cudnn.benchmark = before[2]
