import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.modalities.beats.features.rr_features import MOST, intervals, names, near, rhythm


def told(interval_s: list[float], apart: set[int] = frozenset()) -> dict[str, np.ndarray]:
    """Return the features by name of beats that these intervals lie between."""
    at = np.cumsum([0.0, *interval_s])
    features = rhythm(at, np.isin(np.arange(len(at)), list(apart)))
    return dict(zip(names(), features.T, strict=True))


def test_an_early_beat_stands_out_against_the_long_intervals() -> None:
    found = told([0.8] * 40 + [0.5, 1.1] + [0.8] * 40)
    early = found["before/long90%"]
    assert early.argmin() == 41
    assert early[41] == pytest.approx(np.log(0.5 / 0.8), abs=1e-5)
    assert found["rr+1"][41] == pytest.approx(np.log(1.1 / 0.5), abs=1e-5) or found["rr+1"][41] == np.float32(MOST)


def test_beats_in_a_long_run_are_early_though_most_beats_are() -> None:
    found = told(([1.9] + [0.73] * 5) * 40)
    run = np.arange(2, 230) % 6 > 1
    assert np.median(found["before/long90%"][2:230][run]) < -0.6
    assert found["before/long90% of ±32"][100:200].min() < -0.6


def test_a_pattern_that_comes_again_is_calm_and_fibrillation_is_not() -> None:
    rng = np.random.default_rng(0)
    pattern = told(([1.9] + [0.73] * 2) * 60)["change of ±32"][50]
    fibrillation = told(list(rng.uniform(0.4, 1.0, 180)))["change of ±32"][50]
    even = told([0.8] * 180)["change of ±32"][50]
    assert even <= pattern < fibrillation - 1


def test_an_interval_across_a_gap_is_not_known() -> None:
    found = told([0.8, 0.8, 0.8, 0.8], apart={2})
    assert found["before known"].tolist() == [0, 1, 0, 1, 1]
    assert found["after known"].tolist() == [1, 0, 1, 1, 0]


@pytest.mark.parametrize("beats", [0, 1, 2, 3])
def test_a_record_of_hardly_any_beats_has_features(beats: int) -> None:
    found = rhythm(np.arange(beats) * 0.8, np.zeros(beats, bool))
    assert found.shape == (beats, len(names()))
    assert np.isfinite(found).all()


@given(st.lists(st.floats(0.01, 6.0), min_size=1, max_size=60))
def test_features_are_finite_and_of_order_one(interval_s: list[float]) -> None:
    found = rhythm(np.cumsum([0.0, *interval_s]), np.zeros(len(interval_s) + 1, bool))
    assert np.isfinite(found).all()
    assert np.abs(found).max() < 5


@given(st.floats(0.6, 1.5))
def test_the_heart_rate_itself_does_not_count(factor: float) -> None:
    rng = np.random.default_rng(1)
    at = np.cumsum(rng.uniform(0.6, 0.9, 80))
    still = np.zeros(80, bool)
    assert np.allclose(rhythm(at, still), rhythm(at * factor, still), atol=1e-4)


def test_intervals_out_of_reach_are_not_known() -> None:
    found = intervals(np.array([0.0, 0.1, 1.0, 6.0]), np.zeros(4, bool))
    assert np.isnan(found[[0, 1, 3, 4]]).all()
    assert found[2] == pytest.approx(0.9)


def test_neighbours_end_with_the_record() -> None:
    assert near(4, 2, start=7)[0].tolist() == [-1, -1, 7, 8, 9]
