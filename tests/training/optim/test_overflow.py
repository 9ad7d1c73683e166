"""fp16 on the CPU: an overflow costs a step, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from evenhand.training.config import TrainConfig
from evenhand.training.loop import fit_state
from evenhand.training.loop.loop import fit
from evenhand.training.optim.gradient_norms import GradientNorms
from evenhand.training.optim.optimizers import OptimizerStep
from evenhand.training.optim.overflow import are_finite
from evenhand.training.optim.precision import Precision
from evenhand.training.optim.sam import sam_perturb


@dataclass(frozen=True)
class Half(Precision):
    """fp16 on the CPU, with a scale of the loss that is chosen."""

    scale: float = 2.0**16

    def scaler(self) -> torch.amp.GradScaler:
        return torch.amp.GradScaler("cpu", init_scale=self.scale)


def half(scale: float) -> Half:
    return Half(torch.device("cpu"), torch.float16, scale)


OVERFLOWS = 2.0**40
"""A scale of the loss with which every gradient overflows in fp16."""


class Fit:
    """A layer with batch normalisation, and its optimizer, on a batch of eight rows."""

    def __init__(self, scale: float, **train: object) -> None:
        torch.manual_seed(0)
        self.module = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)).train()
        self.x = torch.randn(8, 3)
        self.precision = half(scale)
        config = TrainConfig.model_validate({"optimizer": "sgd", "momentum": 0.0, "weight_decay": 0.0, **train})
        groups = [{"params": list(self.module.parameters()), "lr": 0.1}]
        self.optimizer_step = OptimizerStep(self.module, groups, config, self.precision)

    def loss(self, factor: float = 1.0) -> Tensor:
        with self.precision.cast():
            logits: Tensor = self.module(self.x * factor)
        return logits.float().square().mean()

    def step(self, loss: Callable[[], Tensor] | None = None, norms: GradientNorms | None = None) -> float:
        return self.optimizer_step.step(loss or self.loss, 1.0, norms).item()

    def state(self) -> dict[str, Tensor]:
        return {name: tensor.clone() for name, tensor in self.module.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("train", [{}, {"sam": 0.05}, {"sam": 0.05, "clip": 1.0}])
def test_a_gradient_that_overflows_leaves_weights_and_statistics_as_they_were(train: dict[str, float]) -> None:
    fit = Fit(OVERFLOWS, **train)
    before = fit.state()
    fit.step()
    assert same(fit.state(), before)
    for _ in range(40):  # the scaler halves its factor until gradients fit
        fit.step()
    assert not torch.equal(fit.state()["0.weight"], before["0.weight"])
    assert all(torch.isfinite(tensor).all() for tensor in fit.state().values())


@pytest.mark.parametrize("sam", [None, 0.05])
def test_activations_that_overflow_leave_no_nan_in_running_statistics(sam: float | None) -> None:
    """With SAM, in the second pass alone, whose momentum of 0 makes NaN of NaN."""
    fit = Fit(1.0, **({} if sam is None else {"sam": sam}))
    fit.step()
    before, calls = fit.state(), 0

    def loss() -> Tensor:
        nonlocal calls
        calls += 1
        return fit.loss(1.0 if sam is not None and calls == 1 else 1e6)

    fit.step(loss)
    assert same(fit.state(), before)
    fit.step()
    assert fit.state()["1.num_batches_tracked"] == before["1.num_batches_tracked"] + (1 if sam is None else 2)


@pytest.mark.parametrize("factors", [(1.0, 1e6), (1e6, 1.0)])
@pytest.mark.parametrize("sam", [{}, {"sam": 0.05}])
def test_of_accumulated_batches_one_that_overflows_skips_the_step(
    factors: tuple[float, float], sam: dict[str, float]
) -> None:
    fit = Fit(1.0, **sam)
    before = fit.state()
    for number, factor in enumerate(factors):
        fit.optimizer_step.step(lambda factor=factor: fit.loss(factor), 1.0, share=0.5, last=number == 1)
    assert same(fit.state(), before)


def test_a_step_that_fits_is_that_of_32_bits_but_for_rounding() -> None:
    one, other = Fit(2.0**10, sam=0.05), Fit(2.0**10, sam=0.05)
    other.optimizer_step = OptimizerStep(
        other.module,
        [{"params": list(other.module.parameters()), "lr": 0.1}],
        TrainConfig(optimizer="sgd", momentum=0.0, weight_decay=0.0, sam=0.05),
        Precision(torch.device("cpu")),
    )
    other.precision = Precision(torch.device("cpu"))  # type: ignore[assignment]
    assert one.step() == pytest.approx(other.step(), rel=1e-2)
    for name, tensor in one.state().items():
        torch.testing.assert_close(tensor, other.state()[name], rtol=2e-2, atol=2e-3)


@pytest.mark.parametrize("bad", [float("inf"), float("nan")])
def test_a_gradient_that_is_not_finite_moves_nothing_uphill(bad: float) -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    w.grad = torch.tensor([1.0, bad])
    assert not are_finite([w])
    with sam_perturb([w], 0.1):
        assert w.tolist() == [1.0, 2.0]


def test_nothing_without_a_gradient_is_finite() -> None:
    assert are_finite([torch.ones(1, requires_grad=True)])


def test_norms_leave_out_steps_that_were_skipped() -> None:
    fit, norms = Fit(OVERFLOWS), GradientNorms(1)
    fit.step(norms=norms)
    assert set(norms.read().values()) == {None}
    fit, norms = Fit(2.0**10), GradientNorms(1)
    fit.step(norms=norms)
    true = Fit(1.0)
    true.loss().backward()  # type: ignore[no-untyped-call]
    expected = torch.stack([p.grad.norm() for p in true.module.parameters() if p.grad is not None]).norm().item()
    assert norms.read()["gradient_norm"] == pytest.approx(expected, rel=1e-2)


def test_gradient_shares_are_those_of_32_bits_although_the_scale_falls_and_steps_overflow(
    tiny: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = TrainConfig(epochs=1, batch_size=5, learning_rate=1e-6, warmup_epochs=0, early_stop=0)
    whole = fit(tiny.spec(train)).lines[0]
    monkeypatch.setattr(fit_state, "precision", lambda name, device: half(2.0**19))
    line = fit(tiny.spec(train)).lines[0]
    assert line["gradient_share"] == pytest.approx(whole["gradient_share"], rel=0.02)
    assert line["motion"]["gradient_norm"] == pytest.approx(whole["motion"]["gradient_norm"], rel=0.1)
