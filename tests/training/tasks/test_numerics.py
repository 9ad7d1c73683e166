from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from evenhand.base.storage.record import Record
from evenhand.engines.config import ComputeConfig
from evenhand.training.tasks import numerics as module
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.initial_network import fresh_network
from evenhand.training.tasks.numerics import numerics, numerics_marks, placed

Make = Callable[..., SimpleNamespace]
FAST: dict[str, Any] = {"deterministic": False, "float32_matmul_precision": "high"}
CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.fixture
def context(make_record: Make) -> TaskContext:
    return TaskContext.of(**make_record().common)


def in_force(context: TaskContext) -> tuple[bool, bool]:
    with numerics(context, 1):
        return torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.allow_tf32


@pytest.mark.parametrize(("device", "fast"), [(CPU, (True, False)), (GPU, (False, True))])
def test_speed_is_for_gpus_and_the_cpu_stays_exact(
    context: TaskContext, monkeypatch: pytest.MonkeyPatch, device: torch.device, fast: tuple[bool, bool]
) -> None:
    monkeypatch.setattr(module, "device_of", lambda name: device)
    assert in_force(context) == (True, False)
    assert in_force(replace(context, **FAST)) == fast


def test_a_context_has_the_settings_of_its_record(make_record: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_record()
    resolved = {**made.record.resolved(), "compute": ComputeConfig.model_validate(FAST).plain()}
    monkeypatch.setattr(Record, "resolved", lambda self: resolved)
    found = TaskContext.of(**made.common)
    assert {name: getattr(found, name) for name in FAST} == FAST


def test_only_heads_on_stored_features_leave_the_device(make_record: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    meta, asked = torch.device("meta"), []
    monkeypatch.setattr(module, "device_of", lambda name: meta)
    monkeypatch.setattr(module, "head_device", lambda *about: asked.append(about) or torch.device("cpu"))  # type: ignore[func-returns-value]
    for model in ({"tune": "all"}, {"head": "knn"}, {"tune": "from:layer4"}):
        context = TaskContext.of(**make_record(model=model).common)
        assert placed(context, fresh_network(context, 0)) == meta
    assert asked == []


def test_a_state_is_marked_by_what_is_not_the_default_on_a_gpu(context: TaskContext) -> None:
    assert numerics_marks(context, GPU) == []
    assert numerics_marks(replace(context, **FAST), GPU) == ["not deterministic", "TF32"]
    assert numerics_marks(replace(context, **FAST), CPU) == []


def test_cublas_is_set_before_the_device_is_tried(context: TaskContext, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    monkeypatch.setattr(module, "reproducible_cublas", lambda: order.append("cublas"))
    monkeypatch.setattr(module, "device_of", lambda name: order.append("device") or GPU)  # type: ignore[func-returns-value]
    with numerics(context, 1):
        pass
    assert order == ["cublas", "device"]
    order.clear()
    with numerics(replace(context, deterministic=False), 1):
        pass
    assert order == ["device"]
