"""Row weights and unknown labels in the ledger: they are part of the data that classes are counted in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.balance.config import BalanceConfig
from evenhand.balance.plan import plan_of

NAMES = ("a", "b", "c")


def plan(labels, row_weights=None, **settings):
    return plan_of(BalanceConfig(**settings), np.asarray(labels), NAMES, weights=row_weights)


SETTINGS = [
    {},
    {"sampler": "balanced"},
    {"weights": "inverse"},
    {"sampler": {"name": "power", "power": 0.5}, "weights": {"name": "inverse", "power": 0.5}},
]


@pytest.mark.parametrize("settings", SETTINGS)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 5)), min_size=4, max_size=30))
def test_a_weight_of_three_is_a_row_three_times(settings, rows):
    labels, weights = np.array(rows).T
    weighted = plan(labels, weights.astype(float), **settings).prior
    repeated = plan(np.repeat(labels, weights), **settings).prior
    np.testing.assert_allclose(weighted.natural, repeated.natural, atol=1e-12)
    np.testing.assert_allclose(weighted.shares, repeated.shares, atol=1e-12)
    assert weighted.exponent == pytest.approx(repeated.exponent, abs=1e-9)


def test_equal_weights_change_nothing():
    labels = [0] * 9 + [1] * 3 + [2]
    for settings in SETTINGS:
        one, two = plan(labels, **settings).prior, plan(labels, np.full(13, 7.0), **settings).prior
        np.testing.assert_allclose(one.shares, two.shares)
        np.testing.assert_allclose(one.recurrences, two.recurrences)
        np.testing.assert_allclose(one.counts, two.counts)


def test_how_often_a_row_is_drawn_does_not_depend_on_its_weight():
    labels, weights = np.array([0] * 8 + [1] * 2), np.array([1.0] * 8 + [4.0] * 2)
    prior = plan_of(BalanceConfig(sampler="balanced"), labels, ("a", "b"), weights=weights).prior
    # by weight both classes have as many rows, so that each row is drawn alike
    np.testing.assert_allclose(prior.recurrences, [1.0, 1.0])
    np.testing.assert_allclose(prior.shares, [0.5, 0.5])


SOFT = np.array([[1.0, 0.25, 0.0], [0.5, np.nan, 0.0], [0.0, 1.0, 1.0], [np.nan, 0.5, 0.0]])


def test_a_label_that_is_not_known_is_in_no_rate():
    prior = plan(SOFT).prior
    np.testing.assert_allclose(prior.counts, [1.5, 1.75, 1.0])
    np.testing.assert_allclose(prior.rates, [0.5, 1.75 / 3, 0.25])
    np.testing.assert_allclose(prior.shares, np.array([0.5, 1.75 / 3, 0.25]) / (0.75 + 1.75 / 3))
    np.testing.assert_allclose(prior.recurrences, 1.0)


@given(st.lists(st.integers(1, 4), min_size=4, max_size=4))
def test_weighted_soft_labels_are_those_of_repeated_rows(weights):
    weighted, repeated = plan(SOFT, np.array(weights, float)).prior, plan(np.repeat(SOFT, weights, axis=0)).prior
    np.testing.assert_allclose(weighted.rates, repeated.rates)
    np.testing.assert_allclose(weighted.shares, repeated.shares)


@given(st.integers(0, 2**32 - 1))
def test_a_masked_class_is_corrected_by_the_rows_where_it_is_known(seed):
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.eye(3), rng.integers(0, 2, (30, 3))])
    masked = labels.copy()
    masked[rng.random(labels.shape) < 0.3] = np.nan
    masked[:3] = np.eye(3)
    made = plan(masked, sampler="balanced")
    drawn = made.row_sampling_weights(masked)
    if drawn is None:
        return
    for c in range(3):
        known = ~np.isnan(masked[:, c])
        rate = np.average(masked[known, c], weights=drawn[known])
        assert made.prior.sampled_rates[c] == pytest.approx(rate)
