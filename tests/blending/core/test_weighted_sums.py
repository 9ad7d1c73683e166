import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.blending.core.weighted_sums import WeightedByClass, into, out_of, shares
from evenhand.blending.inputs.stack import Stack


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), min_size=1, max_size=8))
def test_shares_are_not_negative_and_sum_to_one(raw):
    out = shares(np.array(raw, dtype=float))
    assert (out >= 0).all()
    assert out.sum() == pytest.approx(1)


def test_nothing_left_is_equal():
    assert shares(np.array([0.0, -1.0, np.nan, np.inf])).tolist() == [0.25] * 4
    assert shares(np.array([1.0, 3.0])).tolist() == [0.25, 0.75]


@pytest.mark.parametrize("space", ["probability", "logit", "log"])
def test_there_and_back_is_the_same(space):
    table = np.random.default_rng(0).dirichlet(np.ones(4), 20)
    assert out_of(space, into(space, table)) == pytest.approx(table, abs=1e-9)
    assert out_of(space, into(space, table), several=True) == pytest.approx(table, abs=1e-9)


@pytest.mark.parametrize("space", ["logit", "log"])
def test_certain_answers_stay_numbers(space):
    assert np.isfinite(out_of(space, into(space, np.eye(3)))).all()


def test_a_row_with_nothing_left_gets_the_mean():
    tables = (np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[1.0, 0.0], [0.5, 0.5]]))
    stack = Stack(("a", "b"), ("x", "y"), tables)
    out = WeightedByClass(np.array([[-1.0, 1.0], [0.0, 1.0]])).apply(stack)
    assert out.tolist() == [[1.0, 0.0], [0.0, 1.0]]
