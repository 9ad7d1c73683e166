"""Flattening and clipping line by line, against arithmetic written another way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.modalities.scanlines.reading.flatten import clipped, flattened, medians


def scan(seed: int, lines: int = 6, width: int = 17) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(1, lines, width))


def test_none_changes_nothing() -> None:
    heights = scan(0)
    assert flattened(heights, "none") is heights


def test_offset_takes_each_line_s_median_off() -> None:
    heights = scan(0)
    heights[0, 2, 3:] = np.nan
    found = flattened(heights, "offset")
    for line in range(6):
        known = heights[0, line][np.isfinite(heights[0, line])]
        assert np.nanmedian(found[0, line]) == pytest.approx(0, abs=1e-12)
        assert found[0, line][: len(known)] == pytest.approx(known - np.median(known))


@given(st.integers(0, 50), st.floats(-5, 5), st.floats(-5, 5))
def test_slope_takes_off_what_polyfit_does(seed: int, offset: float, tilt: float) -> None:
    heights = scan(seed) + offset + tilt * np.arange(17)
    heights[0, 1, ::3] = np.nan
    found = flattened(heights, "slope")
    x = np.arange(17)
    for line in range(6):
        known = np.isfinite(heights[0, line])
        fit = np.polyval(np.polyfit(x[known], heights[0, line][known], 1), x)
        assert np.allclose(found[0, line][known], (heights[0, line] - fit)[known], atol=1e-9)


def test_a_line_of_one_pixel_loses_its_offset_only() -> None:
    heights = np.full((1, 2, 5), np.nan)
    heights[0, 0], heights[0, 1, 3] = np.arange(5), 7.0
    assert flattened(heights, "slope")[0, 1, 3] == pytest.approx(0)


def test_median_difference_removes_offsets_of_lines_and_keeps_a_slow_slope() -> None:
    picture = np.tile(np.sin(np.arange(30) / 3), (8, 1))
    drifting = picture + np.random.default_rng(1).normal(0, 3, (8, 1))
    found = flattened(drifting[None], "median_difference")[0]
    assert np.allclose(found - found[0], 0)
    assert np.allclose(found[0], picture[0] - np.median(picture[0]))


def test_median_difference_steps_over_lines_that_were_not_scanned() -> None:
    heights = np.tile(np.arange(6.0), (5, 1))[None] + np.arange(5.0)[None, :, None]
    heights[0, 2] = np.nan
    found = flattened(heights, "median_difference")[0]
    assert np.isnan(found[2]).all()
    assert np.allclose(found[[0, 1, 3, 4]], np.arange(6) - 2.5)


@pytest.mark.parametrize("how", ["offset", "slope", "median_difference"])
def test_a_line_knows_nothing_of_later_lines(how: str) -> None:
    heights = scan(3, lines=9)
    assert np.allclose(flattened(heights, how)[:, :5], flattened(heights[:, :5], how))


def test_a_spike_is_clipped_and_its_line_keeps_its_heights() -> None:
    heights = scan(4, lines=3, width=200)
    heights[0, 1, 50] = 1e6
    found, count = clipped(heights, 8.0)
    assert count == 1
    assert found[0, 1, 50] < 20
    others = np.arange(200) != 50
    assert np.array_equal(found[0, 1, others], heights[0, 1, others])


def test_a_line_of_mostly_one_value_is_clipped_by_its_standard_deviation() -> None:
    heights = np.zeros((1, 1, 100))
    heights[0, 0, :4] = 1.0
    found, count = clipped(heights, 8.0)
    assert count == 0
    assert np.array_equal(found, heights)


def test_zero_clips_nothing() -> None:
    heights = scan(5)
    assert clipped(heights, 0.0) == (heights, 0)


def test_lines_that_were_not_scanned_have_no_median() -> None:
    heights = scan(6)
    heights[0, 3] = np.nan
    found = medians(heights)[0]
    assert np.isnan(found[3])
    assert np.isfinite(np.delete(found, 3)).all()
