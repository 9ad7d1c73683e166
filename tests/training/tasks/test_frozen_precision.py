"""The precision of a frozen part is kept with its weights, and used wherever the record is used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from evenhand.models.acceleration import frozen
from evenhand.models.io import network_files
from evenhand.models.io.network_files import recorded_precision
from evenhand.training.tasks import initial_network
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.fit_fold import _frozen_marks, run_task, task_spec
from evenhand.training.tasks.initial_network import fresh_network
from evenhand.training.tasks.prediction.predict_fold import predict_fold
from evenhand.training.tasks.task_files import summary_of

Make = Callable[..., SimpleNamespace]


@pytest.fixture(autouse=True)
def no_network_of_another_test() -> None:
    initial_network._cached_network.cache_clear()


@pytest.fixture
def hardware(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Return a function that says whether this machine multiplies bf16."""

    def pretend(bf16: bool) -> None:
        monkeypatch.setattr(frozen, "multiplies_bf16", lambda device: bf16)
        monkeypatch.setattr("evenhand.training.emulated.multiplies_bf16", lambda device: bf16)

    return pretend


def predicted(made: SimpleNamespace, out: Path, said: list[Any]) -> np.ndarray[Any, Any]:
    call = {**made.call(), "entry": made.names[32], "out": str(out)}
    call.pop("watcher", None)
    predict_fold(**call, progress=said.append)
    return np.asarray(np.load(out))


def test_rows_are_predicted_in_the_precision_that_the_head_was_trained_on(
    make_record: Make, hardware: Callable[[bool], None], tmp_path: Path
) -> None:
    made = make_record(train={"epochs": 1})
    said: list[Any] = []
    hardware(True)
    run_task(**made.call())
    folder = made.record.task_folder("m", 0, 0)
    assert summary_of(folder)["frozen_precision"] == "bf16"
    there = predicted(made, tmp_path / "there.npy", said)
    assert said == []
    hardware(False)
    entries = len(made.store.usage())
    here = predicted(made, tmp_path / "here.npy", said)
    assert np.array_equal(here, there)
    assert len(made.store.usage()) == entries  # the same activations, by their key
    assert [list(one) for one in said] == [["note"]]
    assert "Model m: its frozen part computes in bf16" in said[0]["note"]
    assert "no matrix unit for bf16" in said[0]["note"]


def test_further_tasks_compute_as_those_that_are_done(make_record: Make, hardware: Callable[[bool], None]) -> None:
    made = make_record(train={"epochs": 1})
    hardware(False)
    run_task(**made.call(fold=0))
    assert summary_of(made.record.task_folder("m", 0, 0))["frozen_precision"] == "float32"
    hardware(True)
    context = TaskContext.of(**made.common)
    network = fresh_network(context, 0)
    assert network.frozen is not None
    assert network.frozen.dtype(torch.device("cpu")) is torch.float32
    spec = task_spec(context, context.parts(1), (0,), 0)
    assert _frozen_marks(context, spec) == []


def test_float32_in_place_of_bf16_that_failed_is_recorded_by_whoever_computed_it(
    make_record: Make, hardware: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_record(train={"epochs": 1})
    hardware(True)
    with monkeypatch.context() as patch:
        patch.setattr("evenhand.models.acceleration.inference_fusion.distance", lambda found, truth: 1.0)
        run_task(**made.call(fold=0))
    assert summary_of(made.record.task_folder("m", 0, 0))["frozen_precision"] == "float32"
    assert recorded_precision(TaskContext.of(**made.common).shared) == "float32"
    # another process, which finds the activations in the store and computes none
    monkeypatch.setattr(initial_network, "recorded_precision", lambda shared: None)
    initial_network._cached_network.cache_clear()
    entries = len(made.store.usage())
    run_task(**made.call(fold=1))
    assert len(made.store.usage()) == entries
    assert summary_of(made.record.task_folder("m", 1, 0))["frozen_precision"] == "float32"


def test_a_record_that_does_not_say_is_used_as_before(
    make_record: Make, hardware: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = make_record(train={"epochs": 1})
    hardware(True)
    monkeypatch.setattr(network_files, "_as_computed", lambda network: network.model)  # as older versions did
    run_task(**made.call())
    hardware(False)
    context = TaskContext.of(**made.common)
    assert fresh_network(context, 0).model.frozen_precision == "auto"
    said: list[Any] = []
    predicted(made, tmp_path / "p.npy", said)
    assert said == []


def test_a_state_is_marked_by_bf16_where_a_part_is_frozen(
    make_record: Make, hardware: Callable[[bool], None]
) -> None:
    hardware(True)
    for tune, marks in (("head", ["frozen bf16"]), ("all", [])):
        context = TaskContext.of(**make_record(model={"tune": tune}).common)
        spec = SimpleNamespace(network=SimpleNamespace(model=context.model), device=torch.device("cpu"))
        assert _frozen_marks(context, spec) == marks  # type: ignore[arg-type]


def test_a_model_that_is_trained_whole_has_no_frozen_precision(make_record: Make) -> None:
    made = make_record(model={"tune": "all"}, train={"epochs": 1})
    run_task(**made.call())
    assert summary_of(made.record.task_folder("m", 0, 0))["frozen_precision"] is None
