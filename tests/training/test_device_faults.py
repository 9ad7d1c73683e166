"""Failures of a device: the real exceptions and messages of torch and its libraries, raised on the CPU."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from evenhand.base.errors import EvenhandError
from evenhand.engines.call import RetryableError, perform
from evenhand.engines.placement import PLACED
from evenhand.training import device_faults
from evenhand.training.device_faults import device_fault, on_device
from evenhand.training.tasks.memory_advice import prediction_advice, training_advice

CUDA_OOM = (
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 21.99 GiB of which 1.20 GiB is "
    "free. Including non-PyTorch memory, this process has 20.78 GiB memory in use."
)
MEMORY = [
    torch.OutOfMemoryError(CUDA_OOM),
    torch.AcceleratorError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"),
    RuntimeError("HIP out of memory. Tried to allocate 20.00 MiB."),
    RuntimeError(
        "MPS backend out of memory (MPS allocated: 17.9 GB, other allocations: 1 GB, max allowed: 18.1 GB)."
    ),
]
HOST = [
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried"
    ),
    RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."),
    MemoryError("Unable to allocate 8.00 EiB for an array with shape (1,) and data type float64"),
]
STICKY = [
    torch.AcceleratorError("CUDA error: device-side assert triggered\nCUDA kernel errors might be asynchronous"),
    torch.AcceleratorError("CUDA error: an illegal memory access was encountered"),
    RuntimeError("CUDA error: unspecified launch failure"),
    RuntimeError("CUDA error: uncorrectable ECC error encountered"),
    RuntimeError("CUDA error: misaligned address"),
    RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
    RuntimeError(
        "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm( handle, opa, opb, m, n, k)`"
    ),
]
OTHERS = [
    RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"),
    RuntimeError("CUDA error: no kernel image is available for execution on the device"),
    ValueError("a value"),
]
REMEDIES: list[tuple[Sequence[Exception], str]] = [(MEMORY, "alone"), (HOST, "alone here"), (STICKY, "fresh")]
CASES = [(error, remedy) for errors, remedy in REMEDIES for error in errors]


@pytest.mark.parametrize(("error", "remedy"), CASES, ids=lambda one: str(one)[:40])
def test_a_failure_of_a_device_is_known_by_its_class_or_message(error: Exception, remedy: str) -> None:
    found = device_fault(error)
    assert found is not None
    assert found.remedy == remedy
    assert "\n" not in found.clause
    assert bool(found.advice) == (remedy == "fresh"), "what to lower depends on the task"


@pytest.mark.parametrize("error", OTHERS)
def test_other_errors_are_left_alone(error: Exception) -> None:
    assert device_fault(error) is None

    @on_device(lambda fault, arguments: "")
    def task() -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        task()
    assert raised.value is error


def failing(error: Exception) -> Callable[..., Any]:
    @on_device(lambda fault, arguments: f"Lower {arguments['model']}.")
    def task(record: str, model: str) -> None:
        raise error

    return task


def test_the_memory_of_a_failed_task_is_free_before_it_is_reported() -> None:
    kept: list[weakref.ref[Any]] = []
    freed: list[bool] = []

    def advice(fault: Any, arguments: Any) -> str:
        freed.append(kept[0]() is None)
        return ""

    @on_device(advice)
    def task() -> None:
        held = np.zeros(1000)
        cycle: list[Any] = [held]
        cycle.append(cycle)  # modules and their hooks are such
        kept.append(weakref.ref(held))
        try:
            raise ValueError("an error on the way")
        except ValueError:
            raise torch.OutOfMemoryError(CUDA_OOM) from None

    with pytest.raises(RetryableError) as raised:
        task()
    assert freed == [True]
    assert raised.value.__context__ is None
    assert "in task" in raised.value.detail
    assert "CUDA out of memory" in raised.value.detail


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A card of 24 GB with the name cuda:1 of which CUDA and others hold 3 GB; returns what was done to it."""
    done: list[str] = []
    monkeypatch.setenv(PLACED, "cuda:1")
    for name, value in {
        "is_initialized": True,
        "mem_get_info": (20_000_000_000, 24_000_000_000),
        "memory_reserved": 1_000_000_000,
        "max_memory_allocated": 18_200_000_000,
        "get_device_name": "NVIDIA A10",
    }.items():
        monkeypatch.setattr(f"torch.cuda.{name}", lambda value=value: value)
    monkeypatch.setattr("torch.cuda.reset_peak_memory_stats", lambda: done.append("peak of this task alone"))
    monkeypatch.setattr("torch.cuda.empty_cache", lambda: done.append("emptied"))
    return done


def test_the_card_its_memory_and_who_holds_it_are_named(card: list[str]) -> None:
    with pytest.raises(RetryableError) as raised:
        failing(MEMORY[0])("runs/a", model="lite0")
    assert str(raised.value) == (
        "cuda:1 (NVIDIA A10, 24.0 GB; 18.2 GB at most by this task, 3.0 GB by CUDA itself and others) ran out of "
        "memory. Lower lite0."
    )
    assert (raised.value.remedy, card) == ("alone", ["peak of this task alone", "emptied"])
    assert str(raised.value).startswith(raised.value.brief)


def test_a_card_that_does_not_answer_any_more_is_named(card: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def sticky() -> None:
        raise STICKY[0]

    monkeypatch.setattr("torch.cuda.empty_cache", sticky)
    monkeypatch.setattr("torch.cuda.mem_get_info", sticky)
    with pytest.raises(
        RetryableError, match=r"^cuda:1 failed \(CUDA error: device-side assert triggered\)\. Mostly an"
    ):
        failing(STICKY[0])("runs/a", model="lite0")


def test_braces_in_an_error_are_quoted_as_they_are() -> None:
    error = RuntimeError("CUDA error: unspecified launch failure in kernel {0} of {name}")
    with pytest.raises(RetryableError, match=r"^the GPU failed \(.* in kernel \{0\} of \{name\}\)\. Update"):
        failing(error)("runs/a", model="lite0")


def test_a_call_hands_the_failure_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evenhand.engines.call.resolve", lambda name: failing(MEMORY[3]))
    failure = perform("a:b", 0, {"record": "runs/a", "model": "lite0"}, lambda value: None).failure
    assert failure is not None
    assert (failure.known, failure.remedy) == (True, "alone")
    assert failure.message == "the GPU ran out of memory. Lower lite0."


def _context(per_device: int) -> SimpleNamespace:
    return SimpleNamespace(
        record=SimpleNamespace(resolved=lambda: {"compute": {"per_device": per_device}}),
        model=SimpleNamespace(name="big", size=224, encoder="timm:convnext_small"),
        train=SimpleNamespace(batch_size=64),
    )


ARGUMENTS = {"record": "runs/a", "store": {}, "model": "big"}


def test_what_to_lower_is_named_with_its_values(monkeypatch: pytest.MonkeyPatch) -> None:
    fault, host = device_fault(MEMORY[0]), device_fault(HOST[0])
    assert fault is not None
    assert host is not None
    monkeypatch.setattr("evenhand.training.tasks.memory_advice.TaskContext.of", lambda *where: _context(2))
    assert training_advice(fault, ARGUMENTS) == (
        "Lower train.batch_size (64; train.accumulate_grad_batches keeps the rows of a step) of model big or its "
        "size (224 px), take a smaller encoder than timm:convnext_small, or lower compute.per_device (2)."
    )
    assert training_advice(host, ARGUMENTS).endswith("or lower compute.workers.")
    monkeypatch.setattr("evenhand.training.tasks.memory_advice.TaskContext.of", lambda *where: _context(1))
    assert prediction_advice(fault, ARGUMENTS) == 'End other programs that use it, or set compute.device = "cpu".'


def test_a_record_that_cannot_be_read_costs_the_values_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*where: Any) -> None:
        raise EvenhandError("damaged")

    monkeypatch.setattr("evenhand.training.tasks.memory_advice.TaskContext.of", broken)
    fault = device_fault(MEMORY[0])
    assert fault is not None
    assert training_advice(fault, ARGUMENTS).startswith("Lower train.batch_size or the size of rows, take")


def test_nothing_is_asked_of_a_device_that_was_not_used() -> None:
    device_faults.free_memory()
    assert device_faults.card_words() == "the GPU"
