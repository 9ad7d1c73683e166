from __future__ import annotations

import pytest
import torch

from evenhand.training.optim.gradient_norms import GradientNorms


def walked(gradient_norms: GradientNorms, steps: int) -> list[int]:
    """Take steps of 0.1 along gradients that grow; return those that were looked at."""
    weights = torch.tensor([3.0, 4.0], requires_grad=True)
    frozen = torch.ones(5)
    class_statistics = []
    for step in range(steps):
        weights.grad = torch.tensor([float(step + 1), 0.0])
        before = len(gradient_norms._norms)
        gradient_norms.before([weights, frozen])
        if len(gradient_norms._norms) > before:
            class_statistics.append(step)
        with torch.no_grad():
            weights -= torch.tensor([0.1, 0.0])
        gradient_norms.after([weights, frozen])
        weights.grad = None
    return class_statistics


def test_norms_are_those_of_gradient_weights_and_step() -> None:
    gradient_norms = GradientNorms(1)
    assert walked(gradient_norms, 1) == [0]
    out = gradient_norms.read()
    assert out == pytest.approx(
        {"gradient_norm": 1.0, "gradient_norm_largest": 1.0, "weight_norm": 5.0, "update": 0.02}, rel=1e-5
    )


@pytest.mark.parametrize(("steps", "looks"), [(3, 1), (4, 1), (8, 4), (100, 4), (101, 4), (7, 4)])
def test_a_few_steps_are_looked_at(steps: int, looks: int) -> None:
    class_statistics = walked(GradientNorms(steps, 4), steps)
    assert len(class_statistics) in range(1, 5)
    assert len(class_statistics) >= looks - 1 or steps <= 4
    assert class_statistics[-1] < steps


def test_an_epoch_without_steps_tells_nothing() -> None:
    assert set(GradientNorms(0).read().values()) == {None}
