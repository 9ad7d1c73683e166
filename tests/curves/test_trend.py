"""What is read off one curve, on curves of known shape with noise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.signal import lfilter

from evenhand.curves.trend import MOST, binned, flat, improvement, noise, rise, settled_at, smoothed, steady_best


def decay(n: int, floor: float = 0.5, length: float = 6.0) -> np.ndarray:
    return floor + 0.9 * np.exp(-np.arange(n) * length / n)


def rough(values: np.ndarray, deviation: float, seed: int) -> np.ndarray:
    return values + np.random.default_rng(seed).normal(0, deviation, len(values))


@pytest.mark.parametrize("n", [12, 30, 100, 1000])
@pytest.mark.parametrize("deviation", [0.0, 0.005])
def test_a_rise_is_found_where_it_begins(n, deviation):
    shape = decay(n, length=12) + np.maximum(0, np.arange(n) - 0.4 * n) * 0.6 / n
    found = rise(rough(shape, deviation, n))
    assert found is not None
    assert found.at == pytest.approx(0.4 * n, abs=0.1 * n + 1)
    assert found.last > found.low
    assert found.share == pytest.approx((found.last - found.low) / found.low)


@pytest.mark.parametrize("n", [6, 12, 30, 100])
@pytest.mark.parametrize("shape", ["flat", "decay", "line", "separable"])
def test_healthy_curves_do_not_rise(n, shape):
    """Of 100 with independent noise of 1 % and 4 %, at most one of short ones, where noise is hardly known."""
    t = np.arange(n)
    base = {"flat": np.full(n, 0.7), "decay": decay(n), "line": 1.4 - 0.8 * t / n, "separable": 0.69 / (1 + t)}[
        shape
    ]
    for deviation in (0.007, 0.03):
        alarms = sum(rise(rough(base, deviation, seed)) is not None for seed in range(100))
        assert alarms <= (4 if n < 20 else 1)


def test_one_outlier_neither_rises_nor_is_best():
    curve = decay(30)
    curve[12], curve[29] = 0.01, 3.0
    assert rise(curve) is None
    assert steady_best(decay(30) + np.where(np.arange(30) == 12, -0.4, 0)) != 12


@pytest.mark.parametrize("n", [6, 7, 8, 10])
def test_short_curves_that_have_come_to_rest_are_not_improving(n):
    """Of 100 that fell steeply and rest; a quarter of so few epochs is not the end of a training."""
    for deviation, most in ((1e-4, 0), (0.01, 10), (0.03, 10)):
        alarms = sum(improvement(rough(decay(n), deviation, seed)) is not None for seed in range(100))
        assert alarms <= most
    hits = sum(improvement(rough(decay(n, length=2.0), 0.005, seed)) is not None for seed in range(100))
    assert hits >= 85


@pytest.mark.parametrize("n", [8, 20, 100])
def test_a_curve_that_still_falls_is_still_improving(n):
    for curve in (1.4 - 0.8 * np.arange(n) / n, decay(n, length=2.0)):
        found = improvement(rough(curve, 0.002, n))
        assert found is not None
        assert found.before > found.last
        upward = improvement(1 - rough(curve, 0.002, n) / 2, higher_is_better=True)
        assert upward is not None
        assert upward.before < upward.last


@pytest.mark.parametrize("n", [6, 12, 30, 100])
def test_curves_at_rest_are_not_still_improving(n):
    for deviation in (0.0, 0.007, 0.03):
        alarms = sum(improvement(rough(np.full(n, 0.7), deviation, seed)) is not None for seed in range(100))
        assert alarms <= 3
    assert improvement(decay(n, length=12)) is None or n < 12
    # a problem without overlap: the loss falls for ever, and nothing is gained by it
    assert improvement(0.69 / (1 + np.arange(n)) ** 2) is None or n < 12


def test_a_loss_that_never_fell_is_flat_and_one_that_fell_is_not():
    assert flat(rough(np.full(20, 1.386), 0.003, 0))
    assert flat(np.full(3, 1.386))
    assert not flat(decay(20))
    assert not flat(np.full(2, 1.386))


def test_settled_is_the_first_epoch_as_good_as_the_best():
    assert settled_at(np.array([1.0, 0.7, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])) == 2
    assert settled_at(np.array([0.1, 0.7, 0.9, 0.9, 0.9, 0.9, 0.9]), higher_is_better=True) == 2


def test_the_noise_of_a_smooth_curve_is_estimated():
    estimates = [noise(rough(decay(60), 0.02, seed)) for seed in range(50)]
    assert np.mean(estimates) == pytest.approx(0.02, rel=0.15)
    assert noise(np.array([1.0, 2.0])) == 0.0


finite = arrays(np.float64, st.integers(1, 300), elements=st.floats(-1e6, 1e6, allow_nan=False))


@given(finite)
def test_no_curve_breaks_them(values):
    found, gained = rise(values), improvement(values)
    assert found is None or (0 <= found.best <= found.at < len(values) and found.last > found.low)
    assert gained is None or gained.before > gained.last
    assert 0 <= settled_at(values) < len(values)
    assert 0 <= steady_best(values) < len(values)
    assert smoothed(values).min() >= values.min()
    means, at = binned(values, 50)
    assert len(means) == len(at) <= max(50, 1)
    assert at[-1] == len(values) - 1


@given(finite, st.floats(0.01, 100))
def test_a_scale_changes_no_answer(values, scale):
    a, b = rise(values), rise(values * scale)
    # a comparison at its limit may go either way in the last bit
    if a is not None and b is not None:
        assert b.low == pytest.approx(a.low * scale)


def test_a_million_values_take_a_moment():
    assert len(binned(np.arange(1_000_000.0))[0]) == MOST
    assert rise(np.abs(np.linspace(-1, 0.5, 1_000_000)) + 0.1) is not None


@pytest.mark.parametrize("n", [16, 30, 100])
def test_noise_that_carries_over_to_the_next_epoch_is_not_taken_for_improvement(n: int) -> None:
    base = 0.5 + 0.9 * np.exp(-6 * np.arange(n) / n)  # at its floor in the last quarter
    rng = np.random.default_rng(4)
    alarms = 0
    for _ in range(60):
        noise_of_epochs = lfilter([np.sqrt(1 - 0.5**2)], [1, -0.5], rng.normal(size=n + 20))[20:]
        alarms += improvement(base + 0.03 * noise_of_epochs) is not None
    assert alarms <= 6  # with noise taken for independent, 6 to 11
