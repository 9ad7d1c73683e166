from types import SimpleNamespace

import pytest
import torch
from torch import nn

from evenhand.training.config import TrainConfig
from evenhand.training.optim.optimizers import OptimizerStep, build_optimizer, fused_devices
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


@pytest.mark.parametrize(("name", "kind"), [("adamw", torch.optim.AdamW), ("sgd", torch.optim.SGD)])
@pytest.mark.parametrize(
    ("supported", "device", "fused"),
    [
        (["cuda", "cpu", "mps", "meta"], "mps", True),
        (["cuda", "cpu"], "mps", False),  # torch before 2.5
        (["cuda", "cpu", "mps"], "cuda", True),
        (None, "cpu", True),
        (["cuda", "meta"], "meta", False),
    ],
)
def test_optimizers_are_fused_where_torch_has_it(
    monkeypatch: pytest.MonkeyPatch, name: str, kind: type, supported: list[str] | None, device: str, fused: bool
) -> None:
    asked = None if supported is None else (lambda: supported)
    monkeypatch.setattr(torch.utils._foreach_utils, "_get_fused_kernels_supported_devices", asked)
    fused_devices.cache_clear()
    told: list[bool] = []
    monkeypatch.setattr(f"torch.optim.{kind.__name__}", lambda groups, **how: told.append(how["fused"]))
    parameter = SimpleNamespace(device=torch.device(device))
    build_optimizer([{"params": [parameter], "lr": 0.1}], TrainConfig.model_validate({"optimizer": name}))
    fused_devices.cache_clear()
    assert told == [fused]
