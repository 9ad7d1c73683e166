"""Statistics of bits against NumPy's own correlations, and on bits that never vary."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evenhand.diagnosis.statistics.code_bits import (
    bits_of,
    correlations,
    effective_centroids,
    largest_correlation,
    most_common,
    share_of_ones,
    share_saturated,
)


def test_correlations_are_those_of_numpy_up_to_the_sign():
    values = np.random.default_rng(0).normal(size=(80, 6))
    values[:, 5] = -values[:, 1]
    assert correlations(values) == pytest.approx(np.abs(np.corrcoef(np.sign(values), rowvar=False)))
    assert largest_correlation(values)[[1, 5]] == pytest.approx([1, 1])
    assert largest_correlation(values)[:1] < 0.5


@given(arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 5)), elements=st.floats(-1, 1, width=32)))
def test_shares_and_correlations_are_shares_of_any_codes(values):
    for found in (share_of_ones(values), share_saturated(values), largest_correlation(values)):
        assert found.shape == (values.shape[1],)
        assert ((found >= 0) & (found <= 1 + 1e-9)).all()
    report = bits_of(values)
    assert not set(report.constant) & set(report.copies)
    assert (largest_correlation(values)[report.constant] == 0).all() or len(values) > 500


def test_bits_at_the_ends_of_tanh_are_saturated_and_not_set_where_negative():
    values = np.array([[1.0, -1.0, 0.3], [1.0, 0.2, -0.3]], dtype=np.float32)
    assert share_saturated(values).tolist() == [1, 0.5, 0]
    assert share_of_ones(values).tolist() == [1, 0.5, 0.5]


def test_centroids_count_by_their_entropy():
    values = np.array([[0, 1], [1, 1], [2, 1], [3, 1]], dtype=np.uint8)
    assert most_common(values).tolist() == [0.25, 1]
    assert effective_centroids(values) == pytest.approx([4, 1])
    assert bits_of(values).constant.tolist() == [1]
