import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evenhand.evaluation.resampling.rare_event_limits import area_limits, loss_limits, share_limits


@given(st.integers(1, 400), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.999]))
def test_shares_have_mid_p_limits(n, at, level):
    right = round(at * n)
    low, high = (float(end[0]) for end in share_limits(np.array([right / n]), np.array([float(n)]), level))
    assert 0 <= low <= right / n <= high <= 1
    tail = (1 - level) / 2
    if right < n:
        there = stats.binom(n, high)
        assert there.cdf(right) - there.pmf(right) / 2 == pytest.approx(tail, rel=1e-3)
    if right > 0:
        there = stats.binom(n, low)
        assert there.sf(right) + there.pmf(right) / 2 == pytest.approx(tail, rel=1e-3)


def test_no_row_tells_nothing():
    low, high = share_limits(np.array([1.0, 0.5]), np.array([0.0, 0.0]), 0.95)
    assert low.tolist() == [0, 0]
    assert high.tolist() == [1, 1]


def test_a_perfect_order_of_few_rows_is_not_certain():
    low, high = area_limits(np.ones(3), np.array([3.0, 30.0, 300.0]), np.full(3, 500.0), np.full(3, 1.96))
    assert (high == 1).all()
    assert (np.diff(low) > 0).all()
    assert low[0] < 0.67
    assert low[2] > 0.98


def test_losses_allow_for_one_more_event():
    low, high = loss_limits(0.01, 1e-4, 0.01, 0.95)
    assert low < 0.01 < 0.05 < high
    none, one = loss_limits(0.0, 0.0, 0.01, 0.95)
    assert none == 0
    assert one == pytest.approx(-0.01 * np.log(0.025))
