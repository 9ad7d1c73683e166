import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from evenhand.diagnosis.statistics.shortcut import read_off, wilson_low


def test_a_class_that_is_marked_is_read_off():
    label = np.arange(200) % 4
    found = read_off((label == 2)[:, None].astype(float), label, np.arange(200), 4)
    assert found.recall[2] == 1
    assert found.false_alarms[2] == 0
    assert found.surplus[2] == 1
    assert found.surplus[[0, 1, 3]].max() < 0.8
    assert (found.n == 50).all()
    assert found.commonest == 0.25


def test_noise_is_not():
    rng = np.random.default_rng(0)
    found = read_off(rng.normal(size=(300, 3)), rng.integers(0, 3, 300), np.arange(300), 3)
    assert abs(found.surplus).max() < 0.25


def test_what_goes_with_the_group_is_not_learnt():
    """Each class has one group, so that a class is never both learnt and asked for."""
    label = np.repeat(np.arange(4), 20)
    found = read_off(label[:, None].astype(float), label, label, 4)
    assert found.recall.max() == 0
    assert (found.groups == 1).all()


@given(st.integers(1, 200), st.floats(0, 1))
def test_the_interval_is_wilsons(n, share):
    right = round(share * n)
    expected = binomtest(right, n).proportion_ci(method="wilson").low
    assert wilson_low(np.array([right / n]), np.array([n]))[0] == pytest.approx(expected, abs=1e-9)
