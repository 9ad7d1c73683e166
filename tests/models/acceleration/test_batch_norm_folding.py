from collections.abc import Callable

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


def test_watching_leaves_no_hooks() -> None:
    module = nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)).eval()
    pairs = followers(module, lambda: module(torch.randn(1, 3, 4, 4)), plain_convolution, has_statistics)
    assert pairs == [(module[0], module[1])]
    assert not any(part._forward_hooks for part in module.modules())
