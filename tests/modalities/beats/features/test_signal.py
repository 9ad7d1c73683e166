import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.modalities.beats.features.signal import clean, ratio, typical_size, windows


def spikes(at_s: list[float], rate: float, seconds: float = 10.0) -> np.ndarray:
    t = np.arange(int(seconds * rate)) / rate
    return sum(np.exp(-((t - at) ** 2) / (2 * 0.02**2)) for at in at_s)[None] + 0.0


@pytest.mark.parametrize("rate", [125.0, 250.0, 257.0, 360.0, 500.0, 1000.0])
def test_peaks_stay_where_they_are_in_time(rate: float) -> None:
    out = clean(spikes([2.0, 5.0, 8.0], rate), rate, 180.0, [0.5, 40.0])[0]
    for at in (2.0, 5.0, 8.0):
        part = slice(round((at - 0.5) * 180), round((at + 0.5) * 180))
        assert abs((part.start + int(out[part].argmax())) / 180 - at) <= 1 / 180


def test_a_slow_wander_and_mains_hum_go_and_the_middle_stays() -> None:
    t = np.arange(20 * 360) / 360
    wander, hum, middle = np.sin(2 * np.pi * 0.1 * t), np.sin(2 * np.pi * 60 * t), np.sin(2 * np.pi * 10 * t)
    inside = slice(5 * 180, 15 * 180)
    sizes = [
        clean(part[None], 360, 180, [0.5, 40.0])[0, inside].std() / part.std() for part in (wander, hum, middle)
    ]
    assert sizes[0] < 0.02
    assert sizes[1] < 0.12
    assert sizes[2] == pytest.approx(1, abs=0.02)


def test_without_a_band_nothing_but_the_level_changes() -> None:
    values = np.random.default_rng(0).normal(3, 1, (2, 500))
    np.testing.assert_allclose(clean(values, 100, 100, []), values - np.median(values, axis=1)[:, None])


def test_gaps_are_bridged_and_a_missing_signal_is_told() -> None:
    values = spikes([2.0], 100.0)
    values[0, 500:540] = np.nan
    assert np.isfinite(clean(values, 100, 100, [0.5, 40])).all()
    values[0, 100:] = np.nan
    with pytest.raises(DataError, match="mostly missing"):
        clean(values, 100, 100, [])
    with pytest.raises(DataError, match="flat from end to end"):
        clean(np.ones((1, 500)), 100, 100, [])


@given(st.floats(20, 100_000), st.floats(20, 5000))
def test_a_ratio_of_rates_is_near_and_of_small_numbers(rate: float, wanted: float) -> None:
    up, down = ratio(rate, wanted)
    assert 1 <= min(up, down) <= max(up, down) <= 1_000_000
    assert up / down == pytest.approx(wanted / rate, rel=1.1e-5)


@pytest.mark.parametrize(
    ("rate", "wanted", "exact"), [(100_000, 20, (1, 5000)), (60_000, 20, (1, 3000)), (257, 180, (180, 257)),
                                  (20, 5000, (250, 1)), (9973, 5000, (5000, 9973))]
)  # fmt: skip
def test_a_ratio_of_whole_rates_is_exact(rate: float, wanted: float, exact: tuple[int, int]) -> None:
    assert ratio(rate, wanted) == exact


def test_a_record_of_the_highest_rate_can_be_brought_to_the_lowest() -> None:
    assert clean(spikes([2.0], 100_000.0, 4.0), 100_000, 20, []).shape == (1, 80)


def test_windows_hold_the_peak_at_its_place_and_the_edge_beyond_the_record() -> None:
    values = np.arange(20, dtype=np.float64)[None]
    found = windows(values, np.array([0, 10, 19]), 3, 5)
    assert found.shape == (3, 1, 8)
    assert found.dtype == np.float32
    assert found[:, 0, 3].tolist() == [0, 10, 19]
    assert found[0, 0, :3].tolist() == [0, 0, 0]
    assert found[2, 0, 4:].tolist() == [19] * 4


def test_size_is_that_of_the_typical_beat_whatever_a_few_are() -> None:
    values = spikes([1, 2, 3, 4, 5, 6, 7, 8], 100.0) * 2.0
    values[0, 300:320] += 50
    peaks = np.arange(100, 900, 100)
    assert typical_size(values, peaks, 8) == pytest.approx([2.0], rel=0.05)
    assert typical_size(values, peaks[:0], 8).tolist() == [1.0]
