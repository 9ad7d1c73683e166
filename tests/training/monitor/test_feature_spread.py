from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from evenhand.training.monitor.feature_spread import FeatureSpread, feature_spread


def test_rows_that_are_alike_do_not_spread() -> None:
    out = feature_spread(torch.ones(10, 4))
    assert out == {"spread": 0.0, "dimensions": 0.0, "still": 1.0}


def test_rows_on_a_line_spread_in_one_direction() -> None:
    line = torch.linspace(-1, 1, 11)[:, None] * torch.tensor([[3.0, 0.0, 4.0]])
    assert feature_spread(line) == pytest.approx({"spread": 1.0, "dimensions": 1.0, "still": 1 / 3})


@pytest.mark.parametrize(("n", "d"), [(2000, 5), (40, 200)])
def test_noise_spreads_in_all_directions_it_has(n: int, d: int) -> None:
    rows = np.random.default_rng(0).normal(size=(n, d))
    axes = np.linalg.svd(rows - rows.mean(0), compute_uv=False) ** 2
    out = feature_spread(torch.from_numpy(rows).float())
    assert out["dimensions"] == pytest.approx(axes.sum() ** 2 / (axes**2).sum(), rel=1e-3)
    assert out["spread"] == pytest.approx(1.0, abs=0.02)


def test_what_the_last_linear_layer_is_given_is_kept() -> None:
    module = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    features = FeatureSpread(module, most=5)
    with features.watched(), torch.no_grad():
        module(torch.randn(4, 3))
        module(torch.randn(4, 3))
    assert features.read() is not None
    assert not module[2]._forward_pre_hooks


@pytest.mark.parametrize("module", [nn.Sequential(nn.ReLU()), nn.Linear(3, 2)])
def test_without_such_a_layer_or_rows_nothing_is_told(module: nn.Module) -> None:
    features = FeatureSpread(module)
    with features.watched():
        pass
    assert features.read() is None
