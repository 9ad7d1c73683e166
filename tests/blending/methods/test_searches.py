import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from evenhand.blending.inputs.align import align
from evenhand.blending.inputs.stack import stack_of
from evenhand.blending.methods.greedy import Greedy
from evenhand.blending.methods.log_loss import LogLoss, mixture
from evenhand.blending.methods.random import RandomSearch
from evenhand.blending.methods.score import ByScore
from evenhand.evaluation.figures.score import fast_score


def scored(stack, table, metric="accuracy"):
    return fast_score(table, stack.truth, stack.classes, {metric: 1.0})[0]


@pytest.fixture
def stack(models):
    return stack_of(align(models((0.5, 2.5, 1.0, 2.0))))


@pytest.mark.parametrize("space", ["probability", "logit", "log"])
@pytest.mark.parametrize("cls", [Greedy, RandomSearch])
def test_what_is_searched_for_is_no_worse_than_the_best_model(stack, cls, space):
    found = cls(score={"accuracy": 1.0}, space=space).learn(stack, 0)
    assert found.weights.sum() == pytest.approx(1)
    assert scored(stack, found.apply(stack)) >= max(scored(stack, table) for table in stack.tables)


def test_greedy_weights_are_shares_of_rounds(stack):
    weights = Greedy(rounds=10).learn(stack, 0).weights
    sizes = [size for size in range(1, 11) if np.allclose(weights * size, np.round(weights * size))]
    assert sizes


def test_bags_are_drawn_from_the_seed(stack):
    one, same, other = (Greedy(bags=5).learn(stack, seed).weights for seed in (0, 0, 1))
    assert (one == same).all()
    assert (one != other).any()


def test_better_models_count_more_and_useless_ones_nothing(stack):
    weights = ByScore(score={"accuracy": 1.0}).learn(stack, 0).weights
    assert (np.argsort(weights) == [0, 2, 3, 1]).all()
    sharp = ByScore(score={"accuracy": 1.0}, power=4.0).learn(stack, 0).weights
    assert sharp[1] > weights[1]


@given(st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_mixture_shares_meet_the_optimality_conditions(m, seed):
    held = np.random.default_rng(seed).random((40, m)) + 1e-3
    weights = mixture(held)
    gains = (held / (held @ weights)[:, None]).mean(axis=0)
    assert weights.sum() == pytest.approx(1)
    assert gains.max() <= 1 + 1e-5
    assert gains[weights > 1e-4] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("space", ["probability", "log"])
def test_no_other_weights_have_a_smaller_log_loss(stack, space):
    found = LogLoss(space=space).learn(stack, 0)

    def loss(weights):
        table = type(found)(weights, found.space).apply(stack)
        return -np.log(table[np.arange(len(stack)), stack.truth]).mean()

    rng = np.random.default_rng(0)
    best = min(loss(weights) for weights in rng.dirichlet(np.ones(4), 300))
    assert loss(found.weights) <= best + 1e-9
    near = minimize(lambda raw: loss(np.exp(raw) / np.exp(raw).sum()), np.zeros(4), method="Nelder-Mead")
    assert loss(found.weights) <= near.fun + 1e-6
