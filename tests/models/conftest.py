"""A small encoder that needs no weights, and a quick way to networks on it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import nn

from evenhand.models.config import ModelConfig
from evenhand.models.encoders.blocks import Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import ENCODERS
from evenhand.models.network import Network, build_network
from evenhand.models.pooling import Pool


class Tiny(nn.Module):
    """Three stages with normalisations, a depthwise convolution and two activations."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU6())
        self.middle = nn.Sequential(
            nn.Conv2d(8, 8, 3, 2, 1, groups=8, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Conv2d(8, 12, 1, bias=False),
            nn.BatchNorm2d(12),
        )
        self.last = nn.Sequential(nn.Conv2d(12, 16, 3, 1, 1), nn.BatchNorm2d(16), nn.SiLU())


def with_statistics(module: nn.Module) -> nn.Module:
    """Give normalisations statistics and weights as training would leave them."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            for values, low, high in (
                (part.running_mean, -0.5, 0.5),
                (part.running_var, 0.2, 2.0),
                (part.weight, 0.5, 1.5),
                (part.bias, -0.3, 0.3),
            ):
                assert values is not None
                values.data.uniform_(low, high)
    return module


@ENCODERS.register("tiny")
def tiny(model: ModelConfig) -> Encoder:
    network = with_statistics(Tiny())
    assert isinstance(network, Tiny)
    stages = tuple(
        Block(name, part, (name,))
        for name, part in (("stem", network.stem), ("blocks.0", network.middle), ("blocks.1", network.last))
    )
    return Encoder(network.eval(), stages, Pool("avg"), torch.randn(1, 3, 16, 16), about={"name": "tiny"})


@pytest.fixture
def lived_in() -> Callable[[nn.Module], nn.Module]:
    """Give normalisations statistics and weights as training would leave them."""
    return with_statistics


@pytest.fixture
def tiny_parts() -> nn.Sequential:
    parts = with_statistics(Tiny()).eval()
    assert isinstance(parts, Tiny)
    return nn.Sequential(parts.stem, parts.middle, parts.last)


@pytest.fixture
def model() -> Callable[..., ModelConfig]:
    def make(**changes: Any) -> ModelConfig:
        return ModelConfig(**{"name": "m", "encoder": "tiny", "frozen_precision": "float32", **changes})

    return make


@pytest.fixture
def network(model: Callable[..., ModelConfig]) -> Callable[..., Network]:
    def make(k: int = 4, seed: int = 0, **changes: Any) -> Network:
        return build_network(model(**changes), k, seed).eval()

    return make


@pytest.fixture
def batch() -> torch.Tensor:
    """(5, 3, 20, 24) prepared floats."""
    return torch.randn(5, 3, 20, 24, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Let torch use one processor: on a busy machine its threads wait for each other most of the time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def _chance_untouched() -> Iterator[None]:
    """Give torch's global chance back as it was."""
    before = torch.random.get_rng_state()
    yield
    torch.random.set_rng_state(before)
