import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.balance.correction.prior_shift import adjustment, prior_shift, rate_shift


def adjusted(probabilities: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    raised = probabilities * np.exp(shifts)
    return raised / raised.sum(axis=1, keepdims=True)


SHARES = st.lists(st.floats(0.01, 1), min_size=3, max_size=3).map(lambda s: np.array(s) / sum(s))


@given(SHARES, SHARES)
def test_there_and_back_is_where_one_was(one: np.ndarray, other: np.ndarray) -> None:
    p = np.random.default_rng(0).dirichlet(np.ones(3), 5)
    there = adjusted(p, prior_shift(one, other))
    assert there.sum(axis=1) == pytest.approx(np.ones(5))
    assert adjusted(there, prior_shift(other, one)) == pytest.approx(p)


@given(SHARES, SHARES)
def test_bayes_posteriors_move_from_one_prior_to_the_other(one: np.ndarray, other: np.ndarray) -> None:
    likelihood = np.random.default_rng(1).random((6, 3))
    under = [likelihood * prior / (likelihood @ prior)[:, None] for prior in (one, other)]
    assert adjusted(under[0], prior_shift(one, other)) == pytest.approx(under[1])


def test_a_class_that_was_never_trained_on_is_not_raised() -> None:
    shift = prior_shift(np.array([0.5, 0.5, 0.0]), np.array([0.9, 0.1, 0.0]))
    assert shift[2] == shift[:2].min()
    assert prior_shift(np.zeros(2), np.zeros(2)).tolist() == [0, 0]


def test_a_class_that_is_not_wanted_keeps_a_trace() -> None:
    p = adjusted(np.array([[0.5, 0.5]]), prior_shift(np.array([0.5, 0.5]), np.array([1.0, 0.0])))
    assert 0 < p[0, 1] < 1e-12


def test_post_hoc_adjustment_with_tau_one_makes_classes_equal() -> None:
    counts = np.array([90.0, 9.0, 1.0])
    natural = np.tile(counts / counts.sum(), (2, 1))
    assert adjusted(natural, adjustment(counts, 1.0)) == pytest.approx(np.full((2, 3), 1 / 3))
    assert adjustment(np.array([1.0, 0.0]), 1.0).tolist() == [0.0, 0.0]


def test_yes_and_no_move_by_their_odds() -> None:
    shift = rate_shift(np.array([0.5, 0.2, 0.0]), np.array([0.1, 0.2, 0.3]))
    assert 1 / (1 + np.exp(-(0.0 + shift[0]))) == pytest.approx(0.1)
    assert shift[1:].tolist() == pytest.approx([0.0, 0.0])
