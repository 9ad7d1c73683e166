import numpy as np
import pytest
import torch

from evenhand.base.errors import ModelError
from evenhand.models.attention import AttentionStacker, fit_attention


def one_expert_each(n=400, seed=0):
    """Model 0 knows the classes 0 and 1, model 1 the classes 2 and 3; elsewhere they are sure and wrong."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, n)
    right = 0.9 * np.eye(4)[truth] + 0.025
    flat = np.full((n, 4), 0.25) + 0.01 * rng.normal(size=(n, 4))
    flat /= flat.sum(axis=1, keepdims=True)
    first = (truth < 2)[:, None]
    return np.stack([np.where(first, right, flat), np.where(first, flat, right)], axis=1), truth


def fitted(n=400, seed=0, **more):
    table, truth = one_expert_each(n)
    how = {"width": 16, "heads": 2, "epochs": 2, "learning_rate": 3e-3, "weight_decay": 0.1, "seed": seed}
    return fit_attention(table, truth, **(how | more))


def test_shares_start_equal_and_sum_to_one():
    network = AttentionStacker(3, 4, 16, 2, torch.Generator().manual_seed(0))
    table = np.random.default_rng(0).dirichlet(np.ones(4), (5, 3))
    assert network.weights(table) == pytest.approx(np.full((5, 3), 1 / 3), abs=1e-6)


def test_rows_go_to_the_model_that_knows_them():
    network = fitted(epochs=30)
    new, labels = one_expert_each(seed=1)
    weights = network.weights(new)
    knows = np.where(labels < 2, 0, 1)
    assert weights[np.arange(400), knows].mean() > 0.8
    assert weights.sum(axis=1) == pytest.approx(np.ones(400), abs=1e-5)


def test_the_seed_decides_and_global_chance_does_not():
    table, _ = one_expert_each(60)
    torch.manual_seed(0)
    one = fitted(60, seed=5).weights(table)
    torch.manual_seed(1)
    assert (fitted(60, seed=5).weights(table) == one).all()
    assert (fitted(60, seed=6).weights(table) != one).any()


def test_heads_that_do_not_divide_the_width_are_told():
    with pytest.raises(ModelError, match="3 heads do not divide a width of 16"):
        fitted(10, heads=3)
