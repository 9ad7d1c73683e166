"""`torch.compile` with backends that trace and check as any other, and need no C++ compiler."""

from __future__ import annotations

from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from evenhand.models.feature_extractor import FeatureExtractor
from evenhand.models.network import Tuned
from evenhand.training import compiled
from evenhand.training.compiled import Compiler, first_line, why_not_compiled
from evenhand.training.monitor.feature_spread import FeatureSpread
from evenhand.training.optim.batch_norm import refresh

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def backend(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the rows of the batches that run compiled."""
    monkeypatch.setattr(compiled, "BACKEND", "eager")
    rows: list[int] = []
    real = compiled._compiled

    def noted(name: str) -> Any:
        def run(module: nn.Module, x: Any) -> Any:
            rows.append(len(x))
            return real(name)(module, x)

        return run

    monkeypatch.setattr(compiled, "_compiled", noted)
    return rows


def tuned() -> Tuned:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        body = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5))
        return Tuned(FeatureExtractor([body]), nn.Linear(8, 3))


def norm_of(module: nn.Module) -> nn.BatchNorm1d:
    return next(part for part in module.modules() if isinstance(part, nn.BatchNorm1d))


def batch(rows: int) -> Tensor:
    return torch.randn(rows, 6, generator=torch.Generator().manual_seed(rows))


def test_steps_and_predictions_are_those_of_the_network_itself(
    backend: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "BACKEND", "aot_eager")  # makes graphs of the gradients as well
    plain, own = tuned(), tuned()
    module = Compiler([16])(own)
    assert own.state_dict().keys() == plain.state_dict().keys()
    for rows in (9, 8, 9):
        for one in (plain, module):
            torch.manual_seed(rows)
            one.train()(batch(rows)).square().mean().backward()
    for (name, here), there in zip(plain.named_parameters(), own.parameters(), strict=True):
        assert here.grad is not None, name
        assert there.grad is not None, name
        assert torch.allclose(here.grad, there.grad, atol=1e-6), name
    for name, value in plain.state_dict().items():  # running statistics
        assert torch.allclose(value, own.state_dict()[name], atol=1e-6), name
    with torch.no_grad():
        assert torch.allclose(plain.eval()(batch(5)), module.eval()(batch(5)), atol=1e-6)
    assert backend == [9, 8, 9, 16]


def test_short_batches_are_filled_up_in_evaluation_alone(backend: list[int]) -> None:
    own = tuned()
    module = Compiler([16, 32])(own)
    for rows in (12, 11, 5, 12):  # of a third size in training: a part of a step, uncompiled
        module.train()(batch(rows))
    assert norm_of(own).num_batches_tracked == 4
    with torch.no_grad():
        assert [len(module.eval()(batch(rows))) for rows in (16, 3, 20, 40)] == [16, 3, 20, 40]
    assert backend == [12, 11, 12, 16, 16, 32, 40]


def test_parts_of_several_shapes_run_as_they_are(backend: list[int]) -> None:
    class Parts(nn.Module):
        def forward(self, x: dict[str, Tensor]) -> Tensor:
            return x["a"].mean(dim=1, keepdim=True) + x["b"]

    module = Compiler([4])(Tuned(FeatureExtractor([Parts()]), nn.Linear(2, 2))).eval()
    for length in (7, 8):
        x = {"a": torch.ones(3, length), "b": torch.ones(3, 2)}
        assert module(x).shape == (3, 2)
    module({"a": torch.ones(3, 7), "b": torch.ones(1, 2)})
    assert len(backend) == 1


def test_hooks_and_counted_statistics_see_every_layer(backend: list[int]) -> None:
    own = tuned()
    module = Compiler([16])(own).train()
    spread = FeatureSpread(cast(nn.Module, own.features))
    with spread.watched():
        module(batch(8))
    assert backend == []
    assert spread.read() is not None
    refresh(module, [batch(8), batch(9)], module)
    assert backend == []
    assert norm_of(own).momentum == 0.1


def test_a_head_alone_is_not_compiled() -> None:
    head = Tuned(None, nn.Linear(6, 3))
    assert Compiler([16])(head) is head


class Unlike(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2 if bool(x.sum() > 0) else x  # depends on the numbers: no graph holds it


def test_what_cannot_be_compiled_runs_uncompiled_and_that_is_said_once(backend: list[int]) -> None:
    said: list[str] = []
    module = Compiler([4], said.append)(Tuned(FeatureExtractor([Unlike()]), nn.Identity()))
    for _ in range(2):
        assert module.train()(torch.ones(4, 3)).tolist() == [[2.0] * 3] * 4
    assert len(said) == 1
    assert said[0]
    assert backend == [4]


def test_errors_of_what_was_compiled_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def fails(name: str) -> Any:
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(compiled, "_compiled", fails)
    with pytest.raises(torch.OutOfMemoryError):
        Compiler([4], said.append).run(nn.Identity(), torch.ones(4, 3))
    assert said == []


def test_a_machine_that_compiles_nothing_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    why_not_compiled.cache_clear()
    assert why_not_compiled(CPU) == ""
    assert "mps" in why_not_compiled(torch.device("mps"))
    why_not_compiled.cache_clear()

    def fails(name: str) -> Any:
        raise RuntimeError("backend='inductor' raised:\nInvalidCxxCompiler: no working C++ compiler.\n\nmore")

    monkeypatch.setattr(compiled, "_compiled", fails)
    assert why_not_compiled(CPU) == (
        "this needs a C++ compiler that works, g++ or what CXX names; torch reports: "
        "InvalidCxxCompiler: no working C++ compiler"
    )
    why_not_compiled.cache_clear()
    assert first_line(ValueError()) == "ValueError"
