"""Failures of a device: which may succeed when tried again and how, and what to do if they do not."""

from __future__ import annotations

import contextlib
import functools
import gc
import inspect
import os
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import torch

from evenhand.data.store.space import format_bytes
from evenhand.engines.call import RetryableError
from evenhand.engines.placement import PLACED
from evenhand.engines.schedule import Remedy

P = ParamSpec("P")
R = TypeVar("R")

_HOST_MEMORY = ("defaultcpuallocator", "not enough memory: you tried to allocate")
_DEVICE_MEMORY = (
    "out of memory",  # of CUDA, HIP and MPS
    "cublas_status_alloc_failed",
    "cudnn_status_alloc_failed",
    "cudnn_status_internal_error_device_allocation_failed",
    "cusolver_status_alloc_failed",
    "cusparse_status_insufficient_resources",
    "cufft_alloc_failed",
    "failed to allocate memory",
)
_DRIVER = (
    "Update the driver, look for Xid messages in the kernel's log (dmesg), or leave the card out (compute.device)."
)
_STICKY = {
    "device-side assert": 'Mostly an index is out of range, such as a label; compute.device = "cpu" shows which.',
    "ecc error": "Its memory is damaged (nvidia-smi -q -d ECC): reset the card, or leave it out (compute.device).",
    "illegal memory access": _DRIVER,
    "misaligned address": _DRIVER,
    "illegal instruction": _DRIVER,
    "invalid program counter": _DRIVER,
    "invalid address space": _DRIVER,
    "hardware stack error": _DRIVER,
    "unspecified launch failure": _DRIVER,
    "launch timed out": _DRIVER,
    "cuda error: unknown error": _DRIVER,
    "gpu is lost": _DRIVER,
    "busy or unavailable": "Another program may have it for itself (nvidia-smi): wait, or leave the card out.",
    **{
        f"{library}_status_{status}": _DRIVER
        for library in ("cublas", "cudnn")
        for status in ("execution_failed", "internal_error", "mapping_error", "not_initialized")
    },
}
"""Text of an error after which every later call of the process fails -> what to do."""


@dataclass(frozen=True)
class DeviceFault:
    """A failure of a device.

    Attributes
    ----------
    remedy
        How the task may succeed.
    clause
        What happened; "{card}" stands for the card.
    advice
        What to do, as sentences; "" for memory, where it depends on the task.
    """

    remedy: Remedy
    clause: str
    advice: str = ""


def device_fault(error: BaseException) -> DeviceFault | None:
    """Return what an exception says of a device; None if it is none of a device.

    torch has classes for few of these failures, and none for those of its libraries: their texts are compared.
    """
    text = str(error)
    words = text.lower()
    if isinstance(error, MemoryError) or any(part in words for part in _HOST_MEMORY):
        return DeviceFault("alone here", "this machine ran out of memory")
    if isinstance(error, torch.OutOfMemoryError) or any(part in words for part in _DEVICE_MEMORY):
        return DeviceFault("alone", "{card} ran out of memory")
    for part, advice in _STICKY.items():
        if part in words:
            first = text.splitlines()[0].rstrip(".")
            return DeviceFault("fresh", f"{{card}} failed ({first})", advice)
    return None


def on_device(
    advice: Callable[[DeviceFault, Mapping[str, Any]], str],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator of tasks: failures of a device become a `RetryableError`, and free the task's memory.

    Parameters
    ----------
    advice
        Called with the fault and the task's arguments by name where memory is short: what to lower, as a sentence.
    """

    def decorate(task: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(task)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            _count_peak_anew()
            try:
                return task(*args, **kwargs)
            except (RuntimeError, MemoryError) as error:
                if (fault := device_fault(error)) is None:
                    raise
                detail = "".join(traceback.format_exception(error))
            # Out of the handler: the exception holds the frames of the task, and they its tensors.
            free_memory()
            # not `format`: the clause quotes the error, which may hold braces
            brief = fault.clause.replace("{card}", card_words())
            what = fault.advice or advice(fault, inspect.signature(task).bind(*args, **kwargs).arguments)
            raise RetryableError(f"{brief}. {what}", fault.remedy, brief=brief, detail=detail)

        return guarded

    return decorate


def free_memory() -> None:
    """Return what torch caches to the device; other processes on it need it."""
    gc.collect()
    with contextlib.suppress(RuntimeError):  # after a sticky error nothing can be freed, nor needs to be
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            torch.cuda.empty_cache()
        if torch.backends.mps.is_available():
            torch.mps.empty_cache()


def _count_peak_anew() -> None:
    """Forget the peak memory of tasks before: a process serves several."""
    with contextlib.suppress(RuntimeError, AssertionError):
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            torch.cuda.reset_peak_memory_stats()


def card_words() -> str:
    """Return the device of this process with its name and memory, as far as it still answers."""
    name = os.environ.get(PLACED, "the GPU")
    with contextlib.suppress(RuntimeError, AssertionError):
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            free, total = torch.cuda.mem_get_info()
            others = max(0, total - free - torch.cuda.memory_reserved())
            ours = torch.cuda.max_memory_allocated()
            # CUDA's own memory in this process cannot be told from that of other processes
            used = f"{format_bytes(ours)} at most by this task, {format_bytes(others)} by CUDA itself and others"
            return f"{name} ({torch.cuda.get_device_name()}, {format_bytes(total)}; {used})"
        if torch.backends.mps.is_available():
            ask: Any = getattr(torch.mps, "recommended_max_memory", None)  # since torch 2.5
            most = "" if ask is None else f", {format_bytes(ask())} recommended at most"
            return f"{name} (Apple GPU{most})"
    return name
