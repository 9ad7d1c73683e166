"""How a task computes: threads, deterministic algorithms and the precision of float32, as [compute] says."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from evenhand.training.device import device_of
from evenhand.training.loop.determinism import deterministic, reproducible_cublas
from evenhand.training.tasks.context import TaskContext


@contextlib.contextmanager
def numerics(context: TaskContext, threads: int) -> Iterator[None]:
    """Compute as `compute.deterministic` and `compute.float32_matmul_precision` say within a block.

    Both are about GPUs: on the CPU, algorithms are deterministic and float32 is float32 whatever they say.

    Raises
    ------
    TaskError
        If the device of the context cannot be used.
    """
    if context.deterministic:  # before the device is tried, which starts CUDA
        reproducible_cublas()
    on_gpu = device_of(context.device).type != "cpu"
    algorithms = context.deterministic or not on_gpu
    tf32 = on_gpu and context.float32_matmul_precision == "high"
    with deterministic(threads, algorithms=algorithms, tf32=tf32):
        yield


def numerics_marks(context: TaskContext, device: torch.device) -> list[str]:
    """Return what settings add to `device_marks`: a word for each that is not at its default; none on the CPU."""
    if device.type == "cpu":
        return []
    marks = [] if context.deterministic else ["not deterministic"]
    return marks + (["TF32"] if context.float32_matmul_precision == "high" else [])
