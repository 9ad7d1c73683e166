import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evenhand.evaluation.resampling.intervals import interval, support

UNIT = st.floats(0, 1)


def over(n, groups=None):
    return support(np.ones(n), groups)


def test_rows_without_groups_get_wilsons_interval():
    rng = np.random.default_rng(0)
    replicates = rng.binomial(80, 0.9, 200_000) / 80
    found = interval(0.9, replicates, over(80))
    theirs = stats.binomtest(72, 80).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=2e-3)
    assert found.how == "bootstrap over rows"


def test_a_perfect_figure_is_never_certain():
    found = interval(1.0, np.ones(100), over(30))
    theirs = stats.binomtest(30, 30).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((theirs.low, 1.0))
    grouped = interval(1.0, np.ones(100), over(30, np.arange(30) // 10))
    assert grouped.low < found.low


def test_nothing_right_is_as_uncertain_as_all_right():
    none, every = (interval(x, np.full(50, x), over(12)) for x in (0.0, 1.0))
    assert none.low == 0
    assert none.high == pytest.approx(1 - every.low)


def test_one_group_tells_nothing():
    found = interval(0.8, np.full(100, 0.8), over(50, np.zeros(50, dtype=int)))
    assert (found.low, found.high) == (0.0, 1.0)
    assert "one alone tells nothing" in found.how


def test_few_groups_are_wide_and_say_so():
    rng = np.random.default_rng(0)
    replicates = rng.normal(0.8, 0.03, 5000)
    few = interval(0.8, replicates, over(100, np.arange(100) // 25))
    many = interval(0.8, replicates, over(100, np.arange(100) // 2))
    assert few.high - few.low > 1.5 * (many.high - many.low)
    assert "about 4.0 groups decide, which is rough" in few.how
    assert many.how == "bootstrap over groups"


def test_unequal_groups_count_as_fewer():
    even, uneven = np.repeat(np.arange(10), 10), np.repeat(np.arange(10), [91, *[1] * 9])
    assert over(100, even).effective == pytest.approx(10)
    assert over(100, uneven).effective < 1.3
    assert over(100, uneven).groups == 10


def test_rows_that_do_not_count_are_not_counted():
    on = support(np.array([1.0, 1.0, 0.0, 0.0]), np.array([0, 1, 2, 2]))
    assert (on.n, on.groups) == (2, 2)
    none = support(np.zeros(3), None)
    assert (none.n, none.rows) == (0, 0.0)


def test_a_bias_that_the_replicates_show_is_allowed_for():
    noise = 0.02 * stats.norm.ppf(np.linspace(0.001, 0.999, 999))
    fair, low = (interval(0.7, 0.7 + shift + noise, over(200)) for shift in (0.0, -0.03))
    assert low.high == pytest.approx(fair.high + 0.03, abs=0.003)
    assert low.low == pytest.approx(fair.low)


def test_what_is_not_defined_has_no_interval():
    found = interval(np.nan, np.full(10, np.nan), over(5))
    assert np.isnan([found.estimate, found.low, found.high]).all()
    assert str(found) == "cannot be estimated"


def test_replicates_that_are_not_defined_are_left_out():
    replicates = np.random.default_rng(0).normal(0.5, 0.1, 1000)
    with_gaps = np.concatenate([replicates, np.full(500, np.nan)])
    assert interval(0.5, with_gaps, over(50)) == interval(0.5, replicates, over(50))


def test_a_loss_without_upper_bound_is_symmetrical_in_its_logarithm():
    replicates = 0.5 + 0.05 * stats.norm.ppf(np.linspace(0.001, 0.999, 999))
    found = interval(0.5, replicates, over(400), bounds=(0.0, np.inf))
    assert found.low * found.high == pytest.approx(0.25)
    assert 0.40 < found.low < 0.42
    one = interval(0.5, np.full(10, 0.5), over(1), bounds=(0.0, np.inf))
    assert (one.low, one.high) == (0.0, np.inf)
    same = interval(0.5, np.full(10, 0.5), over(9), bounds=(0.0, np.inf))
    assert (same.low, same.high) == (0.5, 0.5)


@given(UNIT, st.floats(0, 0.5), st.integers(1, 40), st.integers(1, 8), st.sampled_from([1.0, 2.0, np.inf]))
def test_intervals_hold_their_figure_and_stay_in_range(estimate, spread, n, size, highest):
    replicates = np.clip(estimate + spread * np.linspace(-1, 1, 21), 0, 1)
    for groups in (None, np.arange(n * size) // size):
        on = over(n * size, groups)
        found = interval(estimate, replicates, on, bounds=(0.0, highest))
        assert 0 <= found.low <= estimate <= found.high <= highest
        wider = interval(estimate, replicates, on, bounds=(0.0, highest), level=0.99)
        assert wider.low <= found.low + 1e-12
        assert wider.high >= found.high - 1e-12
