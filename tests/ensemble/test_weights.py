import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.ensemble.weights import shares


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), min_size=1, max_size=8))
def test_shares_are_not_negative_and_sum_to_one(raw):
    out = shares(np.array(raw, dtype=float))
    assert (out >= 0).all()
    assert out.sum() == pytest.approx(1)


def test_nothing_left_is_equal():
    assert shares(np.array([0.0, -1.0, np.nan, np.inf])).tolist() == [0.25] * 4
    assert shares(np.array([1.0, 3.0])).tolist() == [0.25, 0.75]
