import pytest
import torch
from torch import nn

from evenhand.training.config import TrainConfig
from evenhand.training.optim.optimizers import OptimizerStep, build_optimizer
from evenhand.training.optim.precision import precision

FLOATS = precision("float32", torch.device("cpu"))


def line(weight: float) -> nn.Linear:
    module = nn.Linear(1, 1, bias=False)
    nn.init.constant_(module.weight, weight)
    return module


def optimizer_step(module: nn.Module, **changes: object) -> OptimizerStep:
    train = TrainConfig.model_validate({"optimizer": "sgd", "momentum": 0.0, "weight_decay": 0.0, **changes})
    return OptimizerStep(module, [{"params": list(module.parameters()), "lr": 0.1}], train, FLOATS)


def test_a_step_of_sgd_by_hand() -> None:
    module = line(2.0)
    loss = optimizer_step(module).step(lambda: module.weight.square().sum(), 0.5)
    assert loss.item() == 4.0
    assert module.weight.item() == pytest.approx(2.0 - 0.05 * 4.0)
    assert module.weight.grad is None


def test_a_sharpness_aware_step_by_hand() -> None:
    """f(w) = w^4 at 1: g = 4, uphill at 1.5, gradient there 13.5."""
    module = line(1.0)
    loss = optimizer_step(module, sam=0.5).step(lambda: module.weight.pow(4).sum(), 1.0)
    assert loss.item() == 1.0
    assert module.weight.item() == pytest.approx(1.0 - 0.1 * 13.5)


def test_clipping_bounds_the_norm_of_the_gradient() -> None:
    module = line(100.0)
    optimizer_step(module, clip=0.5).step(lambda: module.weight.square().sum(), 1.0)
    assert module.weight.item() == pytest.approx(100.0 - 0.1 * 0.5, abs=1e-4)


@pytest.mark.parametrize("name", ["adamw", "sgd"])
def test_groups_keep_their_own_weight_decay(name: str) -> None:
    a, b = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))
    train = TrainConfig.model_validate({"optimizer": name, "weight_decay": 0.3})
    built = build_optimizer([{"params": [a], "lr": 0.1}, {"params": [b], "lr": 0.2, "weight_decay": 0.0}], train)
    assert [group["weight_decay"] for group in built.param_groups] == [0.3, 0.0]
    assert [group["lr"] for group in built.param_groups] == [0.1, 0.2]


def test_the_factor_scales_each_groups_own_peak() -> None:
    module, head = line(1.0), line(1.0)
    groups = [{"params": list(head.parameters()), "lr": 0.1}, {"params": list(module.parameters()), "lr": 0.01}]
    both = OptimizerStep(nn.ModuleList([module, head]), groups, TrainConfig(), FLOATS)
    both.step(lambda: (module.weight + head.weight).square().sum(), 0.5)
    assert [group["lr"] for group in both.optimizer.param_groups] == pytest.approx([0.05, 0.005])
    assert both.learning_rate == pytest.approx(0.05)


def test_a_state_goes_on_to_the_same_bits() -> None:
    whole, broken = line(2.0), line(2.0)
    one, two = (optimizer_step(m, optimizer="adamw", weight_decay=0.1) for m in (whole, broken))
    for step in range(6):
        if step == 3:
            state = two.state_dict()
            two = optimizer_step(broken, optimizer="adamw", weight_decay=0.1)
            two.load_state_dict(state)
        for module, way in ((whole, one), (broken, two)):
            way.step(lambda module=module: module.weight.pow(4).sum(), 1.0)
    assert torch.equal(whole.weight, broken.weight)
