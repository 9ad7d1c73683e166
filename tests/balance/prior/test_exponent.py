import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import linregress

from evenhand.balance.prior.exponent import SKEWED, exponent, inversion

COUNTS = st.lists(st.integers(1, 10_000), min_size=3, max_size=10, unique=True).map(np.array)


@given(COUNTS, st.randoms(use_true_random=False))
def test_it_is_the_slope_of_least_squares(counts: np.ndarray, dice: object) -> None:
    favour = np.array([dice.uniform(0.1, 10) for _ in counts])
    expected = linregress(np.log(counts), -np.log(favour)).slope
    assert exponent(counts, favour) == pytest.approx(expected, rel=1e-6, abs=1e-8)


def test_classes_that_are_not_drawn_or_not_there_are_left_out() -> None:
    counts = np.array([100.0, 10.0, 1.0, 0.0])
    favour = np.array([1.0, 10.0, 0.0, 5.0])
    assert exponent(counts, favour) == pytest.approx(1.0)


def test_what_is_turned_around() -> None:
    even = np.array([0.4, 0.6])
    assert inversion(np.array([SKEWED, 1.0]), even) == pytest.approx(1.5)
    assert inversion(np.array([SKEWED - 0.01, 1.0]), even) == 0.0
    assert inversion(np.array([3.0, 0.0]), even) == 0.0
    assert inversion(np.array([3.0, 1.0]), np.array([0.0, 1.0])) == 0.0


@given(COUNTS, st.randoms(use_true_random=False))
def test_it_is_the_largest_ratio_of_a_pair(counts: np.ndarray, dice: object) -> None:
    shares = np.array([dice.uniform(0.1, 1) for _ in counts])
    pairs = [a / b for a, m in zip(shares, counts, strict=True) for b, n in zip(shares, counts, strict=True)
             if n >= SKEWED * m]  # fmt: skip
    assert inversion(counts, shares) == pytest.approx(max(pairs, default=0.0))
