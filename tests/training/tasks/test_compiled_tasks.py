from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from evenhand.base.errors import TaskError
from evenhand.training import compiled
from evenhand.training.loop.fit_spec import FitSpec
from evenhand.training.tasks import fit_fold, numerics
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.fit_fold import run_task
from evenhand.training.tasks.numerics import compiler_of
from evenhand.training.tasks.prediction.predict_fold import predict_fold

Make = Callable[..., SimpleNamespace]
CPU = torch.device("cpu")
TRAIN = {
    "epochs": 2,
    "batch_size": 17,
    "optimizer": "sgd",
    "sam": 0.05,
    "ema": 0.5,
    "swa_from": 0,
    "choose_by": "last",
}


@pytest.fixture
def compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set `compute.compile` for all records, with a backend that needs no compiler."""
    of = TaskContext.of
    monkeypatch.setattr(compiled, "BACKEND", "eager")
    monkeypatch.setattr(numerics, "why_not_compiled", lambda device: "")
    monkeypatch.setattr(TaskContext, "of", lambda *args, **more: replace(of(*args, **more), compiles=True))


def results(made: SimpleNamespace) -> tuple[dict[str, torch.Tensor], np.ndarray[Any, Any]]:
    folder = made.record.task_folder("m", 0, 0)
    table = pd.read_parquet(folder / "predictions.parquet")
    return load_file(folder / "weights.safetensors"), table.filter(like="p:").to_numpy()


def test_a_compiled_task_leaves_what_an_uncompiled_one_does(
    make_record: Make, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings: Any = {"model": {"tune": "all"}, "train": TRAIN}
    plain, made = make_record(**settings), make_record(**settings)
    run_task(**plain.call())
    request.getfixturevalue("compiles")
    marks: list[list[str]] = []
    ran: list[int] = []
    real, run = fit_fold._marks, compiled.Compiler.run

    def noted(context: TaskContext, spec: FitSpec) -> list[str]:
        marks.append(real(context, spec))
        return marks[-1]

    def counted(self: compiled.Compiler, module: torch.nn.Module, x: Any) -> torch.Tensor:
        ran.append(len(x))
        return run(self, module, x)

    monkeypatch.setattr(fit_fold, "_marks", noted)
    monkeypatch.setattr(compiled.Compiler, "run", counted)
    run_task(**made.call())
    assert marks == [["compiled"]]
    (weights, p), (own, found) = results(plain), results(made)
    assert own.keys() == weights.keys()
    assert all(torch.allclose(own[name], weights[name], atol=1e-5) for name in weights)
    assert found == pytest.approx(p, abs=1e-5)
    assert set(ran) == {17}  # validation and predictions are filled up
    call = {**made.call(), "entry": made.names[32], "out": str(tmp_path / "p.npy")}
    predict_fold(**call)
    validation = pd.read_parquet(made.record.task_folder("m", 0, 0) / "predictions.parquet")
    at = [int(name.removeprefix("id")) for name in validation["id"]]
    assert np.load(tmp_path / "p.npy")[at] == pytest.approx(found, abs=1e-5)


def test_it_is_off_by_default_and_for_heads_alone(make_record: Make) -> None:
    context = TaskContext.of(**make_record(model={"tune": "all"}).common)
    assert compiler_of(context, CPU) is None
    head = TaskContext.of(**make_record(model={"tune": "head"}).common)
    assert compiler_of(replace(head, compiles=True), CPU) is None


def test_a_machine_without_a_compiler_says_so(make_record: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numerics, "why_not_compiled", lambda device: "no compiler")
    context = replace(TaskContext.of(**make_record(model={"tune": "all"}).common), compiles=True)
    said: list[Any] = []
    assert compiler_of(context, CPU, said.append) is None
    assert said == [
        {
            "note": "compute.compile: nothing can be compiled here (no compiler). Training and prediction run "
            "uncompiled."
        }
    ]


def test_gradients_that_cannot_be_compiled_end_with_a_sentence(
    make_record: Make, compiles: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = type("BackendCompilerFailed", (RuntimeError,), {"__module__": "torch._dynamo.exc"})

    def fails(*_: Any) -> None:
        raise fault("backend='inductor' raised:\nno such kernel.")

    monkeypatch.setattr(fit_fold, "fit", fails)
    with pytest.raises(TaskError, match=r"its gradients cannot be compiled \(no such kernel\).*--fresh"):
        run_task(**make_record(model={"tune": "all"}).call())
