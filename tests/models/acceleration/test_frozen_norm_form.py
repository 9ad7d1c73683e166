from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import nn

from evenhand.models.acceleration.frozen_norm_form import Light, lighten
from evenhand.models.network import Network
from evenhand.training.optim.precision import convolves_bf16

Make = Callable[..., Network]


@pytest.mark.parametrize("tune", ["all", "from:blocks.0", "head"])
def test_the_light_form_gives_the_same(tune: str, network: Make, batch: torch.Tensor) -> None:
    full, light = network(tune=tune), network(tune=tune, form="light")
    assert torch.allclose(full(batch), light(batch), atol=1e-4)
    with torch.no_grad():
        assert torch.allclose(full(batch), light(batch), atol=1e-4)
    assert not any(isinstance(part, nn.BatchNorm2d) for part in light.encoder.modules())


def test_what_is_left_to_train_gets_the_same_gradient(network: Make, batch: torch.Tensor) -> None:
    full, light = network(tune="all"), network(tune="all", form="light")
    for one in (full, light):
        one(batch).logsumexp(1).mean().backward()
    trained = {name: p.grad for name, p in light.encoder.backbone.named_parameters()}
    theirs = {name: p.grad for name, p in full.encoder.backbone.named_parameters()}
    weights = [name for name in trained if name in theirs and name.endswith("weight")]
    assert weights == ["stem.0.weight", "middle.3.weight", "last.0.weight"]
    for name in weights:
        assert torch.allclose(trained[name], theirs[name], atol=1e-4)  # type: ignore[arg-type]
    # the bias of a convolution is the shift of the normalisation that was after it
    assert torch.allclose(trained["stem.0.bias"], theirs["stem.1.bias"], atol=1e-4)  # type: ignore[arg-type]


def test_depthwise_kernels_have_nothing_to_train(network: Make) -> None:
    depthwise = network(tune="all", form="light").encoder.backbone.get_submodule("middle.0")
    assert isinstance(depthwise, Light)
    assert depthwise.fixed
    assert not list(depthwise.parameters())


@pytest.mark.parametrize("index", [0, 1])
def test_it_can_be_made_plain_again(index: int, network: Make) -> None:
    light = [part for part in network(form="light").encoder.modules() if isinstance(part, Light)][index]
    x = torch.randn(2, light.weight.shape[1] * light.groups, 9, 9)
    assert torch.allclose(light(x), light.plain()(x), atol=1e-5)


def test_making_it_light_twice_changes_nothing(network: Make, batch: torch.Tensor) -> None:
    light = network(form="light", tune="all")
    before = light(batch)
    lighten(light.encoder)
    assert torch.equal(light(batch), before)


@pytest.mark.skipif(not convolves_bf16(), reason="this processor has no convolutions of bf16")
def test_16_bits_follow_autocast(network: Make, batch: torch.Tensor) -> None:
    light = network(form="light", tune="all")
    truth = light(batch)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        near = light(batch)
    near.float().sum().backward()
    assert torch.allclose(near.float(), truth, atol=0.1)
    assert all(p.grad is not None and p.grad.dtype == torch.float32 for p in light.parameters())


def test_a_step_changes_the_light_form(network: Make, batch: torch.Tensor) -> None:
    light = network(form="light", tune="all")
    optimizer = torch.optim.SGD(light.tuned.parameters(), lr=0.1)
    loss = partial(nn.functional.cross_entropy, target=torch.zeros(len(batch), dtype=torch.long))
    first = loss(light(batch))
    first.backward()
    optimizer.step()
    assert loss(light(batch)) < first
