from collections.abc import Callable

import pytest
import timm
import torch
from torch import nn

from evenhand.models.acceleration.batch_norm_folding import fold_norms, followers, has_statistics, plain_convolution

Age = Callable[[nn.Module], nn.Module]


def folded(module: nn.Module, x: torch.Tensor) -> tuple[float, int]:
    """Return the largest change by folding, as a share of the largest output, and the normalisations left."""
    with torch.no_grad():
        before = module(x)
        fold_norms(module, lambda: module(x))
        change = float((module(x) - before).abs().max() / before.abs().max())
    return change, sum(has_statistics(part) for part in module.modules())


def test_normalisations_go_and_the_result_stays(tiny_parts: nn.Module) -> None:
    change, left = folded(tiny_parts, torch.randn(2, 3, 16, 16))
    assert change < 1e-5
    assert left == 0


def test_a_published_network_folds_whole(lived_in: Age) -> None:
    change, left = folded(lived_in(timm.create_model("resnet18")).eval(), torch.randn(2, 3, 64, 64))
    assert change < 1e-4
    assert left == 0


def test_what_is_used_twice_or_comes_elsewhere_is_left_alone(lived_in: Age) -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution, self.norm = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.norm(self.convolution(self.norm(self.convolution(x))))

    change, left = folded(lived_in(Odd()).eval(), torch.randn(2, 3, 4, 4))
    assert change == 0
    assert left == 1


def test_an_activation_in_place_and_one_that_reads_twice_follow_a_convolution() -> None:
    class Twice(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * torch.sigmoid(x)

    for activation in (nn.ReLU(inplace=True), Twice()):
        module = nn.Sequential(nn.Conv2d(3, 3, 1), activation, nn.Conv2d(3, 3, 1)).eval()
        pairs = followers(
            module,
            lambda module=module: module(torch.randn(1, 3, 4, 4)),
            plain_convolution,
            lambda part: isinstance(part, (nn.ReLU, Twice)),
        )
        assert pairs == [(module[0], module[1])]


def test_watching_leaves_no_hooks() -> None:
    module = nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)).eval()
    pairs = followers(module, lambda: module(torch.randn(1, 3, 4, 4)), plain_convolution, has_statistics)
    assert pairs == [(module[0], module[1])]
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())


class Wired(nn.Module):
    """Two convolutions and two normalisations, connected by a function."""

    def __init__(self, wire: Callable[["Wired", torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
        self.norm, self.other = nn.BatchNorm2d(3), nn.BatchNorm2d(3)
        self.wire = wire

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.wire(self, x)


def skip(m: Wired, x: torch.Tensor) -> torch.Tensor:
    y = m.first(x)
    return y + m.norm(y)


def in_place(m: Wired, x: torch.Tensor) -> torch.Tensor:
    y = m.first(x)
    return m.norm(y.relu_())


@pytest.mark.parametrize(
    "wire",
    [
        lambda m, x: m.norm(m.first(m.other(m.first(x)))),
        lambda m, x: m.norm(m.first(x)) + m.norm(m.second(x)),
        lambda m, x: (y := m.first(x)) is not None and m.norm(y) + m.other(y),
        lambda m, x: m.norm(m.first(x) + x),
        lambda m, x: m.first(m.norm(x)),
        skip,
        in_place,
    ],
    ids=["convolution-twice", "norm-twice", "two-norms", "sum-between", "norm-first", "skip", "in-place"],
)
def test_what_folding_would_change_is_left_alone(
    wire: Callable[[Wired, torch.Tensor], torch.Tensor], lived_in: Age
) -> None:
    change, _ = folded(lived_in(Wired(wire)).eval(), torch.randn(2, 3, 4, 4))
    assert change < 1e-6


def test_a_result_that_is_also_returned_is_left_alone(lived_in: Age) -> None:
    module = lived_in(Wired(lambda m, x: m.first(x))).eval()
    x = torch.randn(1, 3, 4, 4)

    def run() -> list[torch.Tensor]:
        return [y := module.first(x), module.norm(y)]

    assert followers(module, run, plain_convolution, has_statistics) == []
