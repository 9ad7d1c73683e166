"""Divergence of models against a definition written the other way round."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from evenhand.review.rows.disagreement import jensen_shannon


@given(st.integers(2, 4), st.integers(2, 5), st.integers(0, 2**32 - 1))
def test_it_is_the_mean_divergence_from_the_mean(m: int, k: int, seed: int) -> None:
    committee = np.random.default_rng(seed).dirichlet(np.full(k, 0.3), size=(m, 6))
    mean = committee.mean(axis=0)
    expected = np.mean([entropy(p, mean, axis=1) for p in committee], axis=0)
    found = jensen_shannon(list(committee))
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert (found <= np.log(m) + 1e-12).all()


def test_equal_models_agree_and_opposite_ones_differ_by_log_m() -> None:
    one, other = np.array([[1.0, 0.0], [0.3, 0.7]]), np.array([[0.0, 1.0], [0.3, 0.7]])
    np.testing.assert_allclose(jensen_shannon([one, other]), [np.log(2), 0.0], atol=1e-12)


def test_of_several_labels_the_divergences_of_each_are_summed() -> None:
    one, other = np.array([[1.0, 0.0, 1.0]]), np.array([[0.0, 1.0, 1.0]])
    assert jensen_shannon([one, other], several=True)[0] == pytest.approx(2 * np.log(2))
