"""Networks on the pretend device, held for an Apple GPU: maps lie in the order of their dimensions."""

from typing import Any

import pytest
import torch
from torch import nn

from evenhand.models.acceleration.memory_format import guard
from evenhand.models.config import ModelConfig
from evenhand.models.network import build_network

from .pretend import NAME, has_channels_last, watched

RAW = torch.randint(0, 255, (4, 32, 32, 3), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


def gradients(device: Any, encoder: str, **options: Any) -> list[torch.Tensor]:
    """Return the gradients of the weights of a network after one pass of pictures in training mode."""
    model = ModelConfig(name="m", encoder=encoder, pretrained=False, tune="all", **options)
    network = build_network(model, 3, 0).to_device(torch.device(device))
    network.tuned.train()
    torch.manual_seed(0)
    goal = torch.eye(4, 3).to(device)
    (network(network.prepare(RAW.to(device))) - goal).square().sum().backward()
    return [parameter.grad.cpu() for parameter in network.parameters() if parameter.grad is not None]


@pytest.mark.parametrize(
    ("encoder", "options"),
    [
        ("timm:test_resnet", {}),
        ("timm:test_convnext", {}),
        ("timm:test_efficientnet", {"form": "light"}),
        ("timm:test_efficientnet", {"pool": "stages"}),
    ],
)
def test_no_map_of_a_network_has_its_channels_last(
    encoder: str, options: dict[str, Any], apple: torch.device
) -> None:
    with watched() as calls:
        here = gradients(apple, encoder, **options)
    assert calls.channels_last == []
    there = gradients("cpu", encoder, **options)
    largest = max(float(one.abs().max()) for one in there)  # some are 0 but for rounding
    for one, other in zip(here, there, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4 * largest)


def test_a_layer_is_given_contiguous_maps_by_one_that_permutes(apple: torch.device) -> None:
    seen: list[torch.Tensor] = []
    network = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 2, 1)).to(apple, memory_format=torch.channels_last)
    for _ in range(2):  # once is enough, twice does no harm
        guard(network, apple)
    network[1].register_forward_pre_hook(lambda part, inputs: seen.append(inputs[0]))
    network(torch.rand(2, 3, 4, 4, device=apple).to(memory_format=torch.channels_last))
    assert not has_channels_last(seen[0])
    assert network[1].weight.is_contiguous()
    assert [len(part._forward_pre_hooks) for part in network] == [1, 2]
    assert [len(part._forward_hooks) for part in network] == [1, 1]


def test_other_devices_keep_channels_last(pretend: torch.device) -> None:
    network = nn.Conv2d(3, 2, 2).to(pretend, memory_format=torch.channels_last)
    guard(network, pretend)
    assert has_channels_last(network.weight)
    assert pretend.type == NAME
    assert not network._forward_pre_hooks
