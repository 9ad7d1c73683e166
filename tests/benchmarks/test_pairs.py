"""The peers of pairs learn what can be learned, and both loops of an epoch do the same work."""

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
import torch

from evenhand.base.values import Interval, Verdict
from evenhand.models.heads.modules.logistic_regression import fit_logistic_regression
from evenhand.training.config import TrainConfig

Script = Callable[[str], ModuleType]
PARTS = {"image": 6, "text": 4}


def rows_of(peers: ModuleType, n: int = 160) -> tuple[object, np.ndarray]:
    """Return rows whose labels are the signs of three features, mostly, and the labels of those held out."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, 10)).astype(np.float32)
    y = (x[:, :3] + rng.normal(scale=0.3, size=(n, 3)) > 0).astype(np.float64)
    groups = np.array([str(at // 2) for at in range(n)], dtype=object)
    cut = n * 3 // 4
    return peers.FoldRows(x[:cut], y[:cut], groups[:cut], x[cut:]), y[cut:]


def test_one_vs_rest_learns_and_walks_to_the_c_of_our_own_regression(script: Script) -> None:
    peers = script("pairs_peers")
    rows, truth = rows_of(peers)
    assert ((peers.one_vs_rest(rows) > 0.5) == truth).mean() > 0.8
    scaled = (rows.x - rows.x.mean(0)) / rows.x.std(0)
    assert peers.best_c(rows) == fit_logistic_regression(scaled, rows.y, 3, groups=rows.groups).c


@pytest.mark.slow
def test_the_trainer_fits_a_copy_of_the_head_and_gives_probabilities(script: Script) -> None:
    pytest.importorskip("accelerate")
    peers = script("pairs_peers")
    rows, truth = rows_of(peers)
    head = torch.nn.Linear(10, 3)
    before = head.weight.detach().clone()
    p = peers.trainer(rows, head, TrainConfig(epochs=40, batch_size=16, learning_rate=0.05), 0)
    assert p.shape == truth.shape
    assert ((p > 0.5) == truth).mean() > 0.8
    assert torch.equal(head.weight, before)


@pytest.mark.parametrize("head", ["mlp", "hadamard"])
def test_both_loops_give_the_seconds_of_each_epoch_but_the_first(script: Script, head: str) -> None:
    epoch = script("pairs_epoch")
    x, y = epoch.rows_of(300, PARTS)
    assert [len(loop(head, PARTS, x, y, 3)) for loop in (epoch.bare, epoch.ours)] == [2, 2]


@pytest.mark.parametrize(
    ("word", "ratio", "met"),
    [
        ("better", 3.0, True),
        ("no difference found", 0.4, True),
        ("no difference found", 0.6, False),
        ("too few to tell", 0.4, False),
        ("worse", 0.1, False),
    ],
)
def test_ahead_or_equal_at_less_than_half_the_time(script: Script, word: str, ratio: float, met: bool) -> None:
    found = Verdict(
        word, "mlp", "peer", "average_precision", Interval(0.0, -0.01, 0.01, 100, None), 0.01, 0.005, 0.5
    )
    assert ("MISSED" not in script("pairs").target(found, ratio)) is met
