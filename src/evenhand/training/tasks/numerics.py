"""How a task computes, as [compute] says: threads, algorithms, TF32, where a head is trained, compiled or not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial

import torch

from evenhand.models.network import HEAD, Network
from evenhand.training.compiled import Compiler, why_not_compiled
from evenhand.training.device import device_of
from evenhand.training.head_device import MOST_THREADS, head_device
from evenhand.training.inputs.inference import evaluation_rows
from evenhand.training.loop.determinism import deterministic, reproducible_cublas
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.notes import Report
from evenhand.training.tasks.stages import stage_plans


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


def placed(context: TaskContext, network: Network) -> torch.device:
    """Move a network to the device of a context, its head to where it is trained; return the latter.

    Both are one device except for heads on stored features, as `compute.head_device` says. Features are computed,
    and named in the store, as on the device of the context.

    Raises
    ------
    TaskError
        If the device is not available.
    """
    device, model, train = device_of(context.device), context.model, context.train
    network.to_device(device)
    if model.is_solved or any(plan.tune != HEAD for plan in stage_plans(model, train)):
        return device
    found = head_device(context.head_device, network.head, train.batch_size, train.precision, device)
    if found != device:
        network.head.to(found)
        torch.set_num_threads(min(torch.get_num_threads(), MOST_THREADS))  # `numerics` restores them
    return found


def compiler_of(context: TaskContext, device: torch.device, progress: Report | None = None) -> Compiler | None:
    """Return what compiles the tuned blocks of a model, if `compute.compile` asks for it; None for a head alone.

    None, too, where nothing can be compiled on this machine; that, and a network that cannot be compiled, is said.
    """
    if not context.compiles or all(plan.tune == "head" for plan in stage_plans(context.model, context.train)):
        return None

    def say(what: str, reason: str) -> None:
        if progress is not None:
            progress({"note": f"compute.compile: {what} ({reason}). Training and prediction run uncompiled."})

    if reason := why_not_compiled(device):
        say("nothing can be compiled here", reason)
        return None
    size = context.train.batch_size
    return Compiler(
        sorted({size, evaluation_rows(size, device)}),
        partial(say, f"model {context.model.name} cannot be compiled"),
    )
